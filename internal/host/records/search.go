package records

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Hit is a record that a search found.
type Hit struct {
	Kind   string
	ID     string // a number, for leads a UUID
	Title  string
	Detail string // what tells it from others of the same title
}

// Find says what is searched for; zero fields do not restrict.
type Find struct {
	Term   string
	Kinds  []string // KindPerson … KindFile; none: all
	Fields []string // by the contract's words; none: all that the kinds have
	// Exact wants texts that are the term, in any case; otherwise they contain it.
	Exact                bool
	Person, Organization int64 // that the records belong to
	Status               string
	// One restricts the search to a field of one kind, and minds the case.
	One *FieldMatch

	Start int // how many are left out
	After *FoundAt
	Limit int
}

// FieldMatch is a search in one field: how its text fits the term.
type FieldMatch struct {
	Code string // of a field of the company, or one of the contract's words
	How  string // exact, beginning or middle
}

// FoundAt is a place in what a search found.
type FoundAt struct {
	Tier int64
	Doc  int64
}

// Found is a record that a search found, with what is shown of it.
type Found struct {
	Kind, ID          string
	Score             float64 // 1 is a text that is the term, less is less alike
	At                FoundAt
	Title             string
	Emails, Phones    []string
	Address           string
	Notes             []string // those with the term in them
	Custom            []string // values with the term in them
	Text              string   // of the field that Find.One names
	Owner, VisibleTo  int64
	Person            Ref
	Organization      Ref
	OrgAddress        string
	Value             Money
	Status            string
	Stage             Ref
	Archived, WasSeen bool
	Deal              Ref     // of a file
	Lead              LeadRef // of a file
}

const (
	minTerm = 2   // characters
	maxTerm = 255 // characters
)

// The tiers in which records are found, best first.
// spec: rest.search.score
var tierScores = []float64{1, 0.75, 0.5}

// FindRecords searches. more says whether there is more behind the last one.
// spec: records.search-index
func (s *Service) FindRecords(ctx context.Context, c route.Caller, f Find) (list []Found, more bool, err error) {
	term := fold(f.Term)
	least := minTerm
	if f.Exact || f.One != nil && f.One.How == "exact" {
		least = 1
	}
	// spec: rest.search.term
	if n := len([]rune(term)); n < least || n > maxTerm || !store.Storable(f.Term) {
		return nil, false, fault.New(fault.Invalid, "term", "Expected %d to %d characters, got %d.", least, maxTerm, n)
	}
	if err := s.built(ctx, c); err != nil {
		return nil, false, err
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if err := s.planWell(tx); err != nil {
			return err
		}
		docs, also, err := s.find(tx, c, f)
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
		more = also
		list, err = show(tx, c, f, docs)
		return err
	})
	return list, more, err
}

// planWell lets PostgreSQL plan this transaction's queries by the tokens they look
// for: a plan for any tokens reads every row, while there are few, at a cost that it
// underrates.
func (s *Service) planWell(tx *store.Tx) error {
	if s.db.Dialect() != store.Postgres {
		return nil
	}
	_, err := store.Select(tx, store.Value[string], `SELECT set_config('plan_cache_mode', 'force_custom_plan', TRUE) || set_config('enable_seqscan', 'off', TRUE) WHERE @company > 0`)
	return err
}

// ranked is a document that was found in a tier.
type ranked struct {
	foundDoc
	tier int64
}

// find goes through the tiers, best first, in each through the documents from the
// oldest on, until the page is full.
func (s *Service) find(tx *store.Tx, c route.Caller, f Find) (list []ranked, more bool, err error) {
	if f.Kinds == nil {
		f.Kinds = []string{KindPerson, KindOrganization, KindDeal, KindLead, KindFile}
	}
	tiers := planFor(tx.Company(), f)
	skip, at := f.Start, FoundAt{}
	if f.After != nil {
		at = *f.After
	}
	for tier := at.Tier; tier < int64(len(tiers)); tier++ {
		if len(tiers[tier]) == 0 {
			continue
		}
		var better []group
		for _, t := range tiers[:tier] {
			better = append(better, t...)
		}
		after := int64(0)
		if tier == at.Tier {
			after = at.Doc
		}
		for {
			want := max(f.Limit+1-len(list)+min(skip, 1000), 20)
			batch, err := s.candidates(tx, c, f, tiers[tier], better, after, want)
			if err != nil {
				return nil, false, err
			}
			for _, d := range batch {
				after = d.doc
				if !f.fits(&d.document) {
					continue
				}
				if skip > 0 {
					skip--
					continue
				}
				if list = append(list, ranked{d, tier}); len(list) > f.Limit {
					return list[:f.Limit], true, nil
				}
			}
			if len(batch) < want {
				break
			}
		}
	}
	return list, false, nil
}

// group are tokens that a document must all have.
type group []int64

const maxGrams = 40 // of a term; the text itself decides in the end

// planFor says, tier by tier, by which tokens documents are found; one group
// suffices. The tiers are: a text is the term; the title begins with it; it is
// somewhere.
func planFor(company int64, f Find) [3][]group {
	var plan [3][]group
	for _, kind := range f.Kinds {
		for _, field := range searched[kind] {
			if !f.wants(field) {
				continue
			}
			term, ok := termIn(field, f.Term)
			if !ok {
				continue
			}
			token := func(class rune, text string) int64 { return token(company, kind, field, class, text) }
			plan[0] = append(plan[0], group{token(entire, term)})
			runes := []rune(term)
			if len(runes) < minTerm {
				continue
			}
			first := string(runes[:min(len(runes), 3)])
			var grams group
			for i := range min(len(runes)-2, maxGrams) {
				grams = append(grams, token(gram, string(runes[i:i+3])))
			}
			if field == inName || field == inTitle {
				plan[1] = append(plan[1], append(group{token(begin, first)}, grams...))
			}
			// spec: rest.search.two-characters
			if len(grams) == 0 || field == inEmail && !strings.ContainsAny(term, "@.") {
				grams = append(grams, token(word, first))
			}
			plan[2] = append(plan[2], grams)
		}
	}
	if f.exact() {
		return [3][]group{plan[0]}
	}
	return plan
}

func (f Find) exact() bool { return f.Exact || f.One != nil && f.One.How == "exact" }

// wants reports whether the search is in a field.
func (f Find) wants(field string) bool {
	if f.One != nil {
		return field == f.One.field()
	}
	return len(f.Fields) == 0 || slices.Contains(f.Fields, field)
}

func (m *FieldMatch) field() string {
	if IsCustomCode(m.Code) {
		return inCustom
	}
	return m.Code
}

// termIn is the term as it is compared in a field. A telephone number is found
// only by what can be one.
// spec: rest.search.phone
func termIn(field, term string) (string, bool) {
	if field == inPhone && strings.Trim(term, "+-()./ 0123456789") != "" {
		return "", false
	}
	term = normal(field, term)
	return term, term != ""
}

// fits looks at the texts themselves: tokens only say where to look.
func (f Find) fits(d *document) bool {
	if f.One != nil {
		_, ok := f.One.text(d, f.Term)
		return ok
	}
	for _, field := range searched[d.kind] {
		term, ok := termIn(field, f.Term)
		if !ok || !f.wants(field) {
			continue
		}
		for _, text := range d.in(field) {
			if fit(field, normal(field, text), term, f.Exact) {
				return true
			}
		}
	}
	return false
}

func fit(field, text, term string, exact bool) bool {
	switch {
	case exact || text == term:
		return text == term
	case !strings.Contains(text, term):
		return false
	case len([]rune(term)) > 2 && (field != inEmail || strings.ContainsAny(term, "@.")):
		return true
	}
	runes := []rune(text)
	return slices.ContainsFunc(wordStarts(field, runes), func(at int) bool { return strings.HasPrefix(string(runes[at:]), term) })
}

// text is the text of the field that fits the term, case minded.
// spec: rest.search.field
func (m *FieldMatch) text(d *document, term string) (string, bool) {
	texts := d.in(m.Code)
	if IsCustomCode(m.Code) {
		texts = []string{d.Custom[m.Code]}
	}
	for _, text := range texts {
		switch {
		case m.How == "exact" && text == term,
			m.How == "beginning" && strings.HasPrefix(text, term),
			m.How == "middle" && strings.Contains(text, term):
			return text, true
		}
	}
	return "", false
}

// candidates reads documents behind a number that have the tokens of one of the
// groups, and of none of the better ones.
func (s *Service) candidates(tx *store.Tx, c route.Caller, f Find, groups, better []group, after int64, limit int) ([]foundDoc, error) {
	match := anyOf(groups, s.db.Dialect())
	if len(better) > 0 {
		match = "(" + match + ")" + without[s.db.Dialect()] + "(" + anyOf(better, s.db.Dialect()) + ")"
	}
	if s.db.Dialect() == store.SQLite { // reads them in order, and ends when it has enough
		return matches(tx, c, f, fromTokens, []any{after, everyDoc, match}, limit)
	}
	// PostgreSQL reads all that an index finds, and sorts it: too many, if nearly
	// every document is found. Then a stretch of them holds enough.
	var list []foundDoc
	for _, stretch := range []int64{2 * int64(limit), 20 * int64(limit)} {
		more, err := matches(tx, c, f, fromStretch, []any{after, after + stretch, match}, limit-len(list))
		if err != nil {
			return nil, err
		}
		list, after = append(list, more...), after+stretch
		if len(list) == limit {
			return list, nil
		}
		if len(list) == 0 {
			break
		}
	}
	rest, err := matches(tx, c, f, fromWords, []any{after, match}, limit-len(list))
	return append(list, rest...), err
}

const (
	// everyDoc is behind the number of every document.
	everyDoc = 1<<40 - 1

	// On SQLite the index reads from a row on; on PostgreSQL the rows' own index
	// must not be tempting ("+ 0"), for it knows nothing of tokens.
	fromTokens = ` FROM records_search_token g CROSS JOIN records_search s
		WHERE s.company_id = @company AND s.doc = g.rowid - @company * ` + docSpan + `
			AND g.rowid > @company * ` + docSpan + ` + ? AND g.rowid <= @company * ` + docSpan + ` + ? AND records_search_token MATCH ?`
	fromWords = ` FROM records_search_token g CROSS JOIN records_search s
		WHERE s.company_id = @company AND s.doc = g.rowid - @company * ` + docSpan + `
			AND g.rowid + 0 > @company * ` + docSpan + ` + ? AND ` + fitsWords
	fromStretch = ` FROM (SELECT t.rowid, t.tokens FROM records_search_token t
			WHERE t.rowid > @company * ` + docSpan + ` + ? AND t.rowid <= @company * ` + docSpan + ` + ? ORDER BY t.rowid OFFSET 0) g CROSS JOIN records_search s
		WHERE s.company_id = @company AND s.doc = g.rowid - @company * ` + docSpan + ` AND ` + fitsWords
	fitsWords = `g.tokens @@ CAST(CAST(? AS TEXT) AS TSQUERY)`
)

// matches reads the documents that fit the tokens and the other conditions.
func matches(tx *store.Tx, c route.Caller, f Find, from string, args []any, limit int) ([]foundDoc, error) {
	q := finding{args: args}
	if f.Person != 0 {
		q.and("s.person_id = ?", f.Person)
	}
	if f.Organization != 0 {
		q.and("s.org_id = ?", f.Organization)
	}
	if f.Status != "" {
		q.and("s.status = ?", f.Status)
	}
	q.seen(c, seesDoc, "s")
	return store.Select(tx, scanDoc, `SELECT `+docColumns+from+q.where.String()+` ORDER BY g.rowid LIMIT `+strconv.Itoa(limit), q.args...)
}

// What each database calls looking for tokens.
var (
	both    = map[store.Dialect]string{store.SQLite: " AND ", store.Postgres: " & "}
	either  = map[store.Dialect]string{store.SQLite: " OR ", store.Postgres: " | "}
	without = map[store.Dialect]string{store.SQLite: " NOT ", store.Postgres: " & !"}
)

// anyOf is groups as a database's index wants them: (a AND b) OR (c).
func anyOf(groups []group, d store.Dialect) string {
	var b strings.Builder
	for i, g := range groups {
		if i > 0 {
			b.WriteString(either[d])
		}
		b.WriteByte('(')
		for j, t := range g {
			if j > 0 {
				b.WriteString(both[d])
			}
			b.WriteString(`"` + tokenWord(t) + `"`)
		}
		b.WriteByte(')')
	}
	if d == store.Postgres {
		return strings.ReplaceAll(b.String(), `"`, `'`)
	}
	return b.String()
}

// show makes of documents what is shown, with the names of what they refer to: a
// few queries, however many they are.
func show(tx *store.Tx, c route.Caller, f Find, docs []ranked) ([]Found, error) {
	out := make([]Found, len(docs))
	ids := map[string][]string{}
	for i, d := range docs {
		out[i] = Found{
			Kind: d.kind, ID: d.id, Score: tierScores[d.tier], At: FoundAt{d.tier, d.doc}, Title: d.Title, Emails: d.Emails, Phones: d.Phones,
			Address: d.Address, Owner: d.owner, VisibleTo: d.visible, Value: Money{d.Amount, d.Currency}, Status: d.status,
			Stage: Ref{ID: d.Stage}, Archived: d.Archived, WasSeen: d.Seen, Notes: d.fitting(f, inNotes), Custom: d.fitting(f, inCustom),
			Person: Ref{ID: d.person}, Organization: Ref{ID: d.organization}, Deal: Ref{ID: d.Deal}, Lead: LeadRef{ID: d.Lead},
		}
		if f.One != nil {
			out[i].Text, _ = f.One.text(&d.document, f.Term)
		}
		for kind, id := range map[string]int64{KindPerson: d.person, KindOrganization: d.organization, KindDeal: d.Deal} {
			if id != 0 {
				ids[kind] = append(ids[kind], strconv.FormatInt(id, 10))
			}
		}
		if d.Lead != "" {
			ids[KindLead] = append(ids[KindLead], d.Lead)
		}
	}
	known, err := docsBy(tx, c, ids)
	if err != nil {
		return nil, err
	}
	stages, err := stageNames(tx, out)
	if err != nil {
		return nil, err
	}
	for i := range out {
		r := &out[i]
		r.Person.Name = known[Link{KindPerson, strconv.FormatInt(r.Person.ID, 10)}].Title
		org := known[Link{KindOrganization, strconv.FormatInt(r.Organization.ID, 10)}]
		r.Organization.Name, r.OrgAddress = org.Title, org.Address
		r.Deal.Name = known[Link{KindDeal, strconv.FormatInt(r.Deal.ID, 10)}].Title
		r.Lead.Name = known[Link{KindLead, r.Lead.ID}].Title
		r.Stage.Name = stages[r.Stage.ID]
		if r.Kind == KindLead {
			who := known[Link{KindPerson, strconv.FormatInt(r.Person.ID, 10)}]
			r.Emails, r.Phones = who.Emails, who.Phones
		}
		r.clear()
	}
	return out, nil
}

// clear takes out references to what was deleted, or is not seen.
func (r *Found) clear() {
	for _, ref := range []*Ref{&r.Person, &r.Organization, &r.Deal, &r.Stage} {
		if ref.Name == "" {
			*ref = Ref{}
		}
	}
	if r.Lead.Name == "" {
		r.Lead = LeadRef{}
	}
}

// fitting are the texts of a field with the term in them.
func (d *document) fitting(f Find, field string) []string {
	out := []string{}
	term, ok := termIn(field, f.Term)
	for _, text := range d.in(field) {
		if ok && f.wants(field) && fit(field, normal(field, text), term, f.Exact) {
			out = append(out, text)
		}
	}
	return out
}

// docsBy reads the documents of records that the caller sees, by kind and id.
func docsBy(tx *store.Tx, c route.Caller, ids map[string][]string) (map[Link]foundDoc, error) {
	out := map[Link]foundDoc{}
	for kind, list := range ids {
		for chunk := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(list))), 200) {
			var q finding
			q.and("s.kind = ?", kind)
			q.and("s.entity_id IN ("+places(len(chunk))+")", anys(chunk)...)
			q.seen(c, seesDoc, "s")
			docs, err := store.Select(tx, scanDoc, `SELECT `+docColumns+` FROM records_search s WHERE s.company_id = @company`+q.where.String(), q.args...)
			if err != nil {
				return nil, fmt.Errorf("read what search hits refer to: %w", err)
			}
			for _, d := range docs {
				out[Link{d.kind, d.id}] = d
			}
		}
	}
	return out, nil
}

func stageNames(tx *store.Tx, list []Found) (map[int64]string, error) {
	ids := map[int64]bool{}
	for _, r := range list {
		if r.Stage.ID != 0 {
			ids[r.Stage.ID] = true
		}
	}
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := store.Select(tx, func(sc store.Scanner) (r Ref, err error) {
		err = sc.Scan(&r.ID, &r.Name)
		return r, err
	}, `SELECT id, name FROM records_stage WHERE company_id = @company AND id IN (`+places(len(ids))+`)`, anys(slices.Collect(maps.Keys(ids)))...)
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, err
}

// mostRelated is how many related records of a kind are found for one.
const mostRelated = 100

// Related are the newest records of a kind that belong to persons and
// organizations, at most a hundred for each.
// spec: rest.search.related
func (s *Service) Related(ctx context.Context, c route.Caller, kind string, persons, organizations []int64) (list []Found, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		docs, err := s.related(tx, c, kind, persons, organizations, mostRelated)
		if err != nil {
			return err
		}
		list, err = show(tx, c, Find{}, docs)
		return err
	})
	return list, err
}

func (s *Service) related(tx *store.Tx, c route.Caller, kind string, persons, organizations []int64, each int) ([]ranked, error) {
	seen := map[int64]bool{}
	var out []ranked
	for column, ids := range map[string][]int64{"person_id": persons, "org_id": organizations} {
		for chunk := range slices.Chunk(ids, 200) {
			var q finding
			q.and("s.kind = ?", kind)
			q.oneOf("s."+column, chunk)
			q.seen(c, seesDoc, "s")
			docs, err := store.Select(tx, scanDoc, `SELECT `+docColumns+` FROM (SELECT s.company_id, `+docColumns+`, ROW_NUMBER() OVER (PARTITION BY s.`+column+` ORDER BY s.doc DESC) AS nth
				FROM records_search s WHERE s.company_id = @company`+q.where.String()+`) s WHERE s.company_id = @company AND s.nth <= `+strconv.Itoa(each)+` ORDER BY s.doc DESC`, q.args...)
			if err != nil {
				return nil, fmt.Errorf("read related %ss: %w", kind, err)
			}
			for _, d := range docs {
				if !seen[d.doc] {
					seen[d.doc] = true
					out = append(out, ranked{d, int64(len(tierScores) - 1)})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b ranked) int { return cmp.Compare(b.doc, a.doc) })
	return out, nil
}

// Search finds records for people: whose name, title, email or telephone number
// contains term, and deals and leads of such persons and organizations, at most
// limit of each kind. No kinds means all but files. A term shorter than two
// characters finds nothing.
func (s *Service) Search(ctx context.Context, v route.Caller, term string, limit int, kinds ...string) ([]Hit, error) {
	if n := len([]rune(fold(term))); n < minTerm || n > maxTerm {
		return nil, nil
	}
	if len(kinds) == 0 {
		kinds = []string{KindPerson, KindOrganization, KindDeal, KindLead}
	}
	limit = min(max(limit, 1), 100)
	var out []Hit
	for _, kind := range kinds {
		if searched[kind] == nil {
			return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
		}
		found, err := s.searchFor(ctx, v, term, kind, limit)
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", kind, err)
		}
		for _, r := range found {
			out = append(out, hitOf(r))
		}
	}
	return out, nil
}

// whoCount is how many persons and organizations are looked at for their deals.
const whoCount = 20

func (s *Service) searchFor(ctx context.Context, v route.Caller, term, kind string, limit int) ([]Found, error) {
	fields := []string{inName, inTitle, inEmail, inPhone, inCustom}
	list, _, err := s.FindRecords(ctx, v, Find{Term: term, Kinds: []string{kind}, Fields: fields, Limit: limit})
	if err != nil || kind != KindDeal && kind != KindLead {
		return list, err
	}
	who, _, err := s.FindRecords(ctx, v, Find{Term: term, Kinds: []string{KindPerson, KindOrganization}, Fields: fields, Limit: whoCount})
	if err != nil {
		return nil, err
	}
	ids := map[string][]int64{}
	for _, r := range who {
		n, err := strconv.ParseInt(r.ID, 10, 64)
		if err != nil {
			return nil, err
		}
		ids[r.Kind] = append(ids[r.Kind], n)
	}
	theirs, err := s.Related(ctx, v, kind, ids[KindPerson], ids[KindOrganization])
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(theirs, func(a, b Found) int { return cmp.Compare(fold(a.Title), fold(b.Title)) })
	for _, r := range theirs {
		if !slices.ContainsFunc(list, func(l Found) bool { return l.ID == r.ID }) {
			list = append(list, r)
		}
	}
	list = slices.DeleteFunc(list, func(r Found) bool { return kind == KindLead && r.Archived })
	return list[:min(len(list), limit)], nil
}

func hitOf(r Found) Hit {
	h := Hit{Kind: r.Kind, ID: r.ID, Title: r.Title}
	switch r.Kind {
	case KindPerson:
		h.Detail = r.Organization.Name
	case KindOrganization:
		h.Detail = r.Address
	case KindDeal:
		h.Detail = cmp.Or(r.Organization.Name, r.Person.Name)
	case KindLead:
		h.Detail = cmp.Or(r.Person.Name, r.Organization.Name)
	}
	return h
}

// Titles names records for other rooms, inside their transaction. Ids that are
// unknown, deleted or not well formed, or of what the caller does not see, are
// absent from the answer.
func (s *Service) Titles(tx *store.Tx, c route.Caller, kind string, ids []string) (map[string]string, error) {
	column := map[string]string{KindPerson: "name", KindOrganization: "name", KindDeal: "title", KindLead: "title"}[kind]
	if column == "" {
		return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	out := make(map[string]string, len(ids))
	for chunk := range slices.Chunk(ids, 200) {
		args := keys(kind, chunk)
		if len(args) == 0 {
			continue
		}
		var q finding
		q.and("r.id IN ("+places(len(args))+")", args...)
		q.visibleOrFollowed(c, "r", kind)
		rows, err := store.Select(tx, func(sc store.Scanner) (Hit, error) { return scanTitle(sc, kind) }, `SELECT r.id, r.`+column+` FROM records_`+kind+` r
			WHERE r.company_id = @company AND NOT r.deleted`+q.where.String(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("read titles of %ss: %w", kind, err)
		}
		for _, h := range rows {
			out[h.ID] = h.Title
		}
	}
	return out, nil
}

// keys are ids as their column wants them, without those that cannot be ids.
func keys(kind string, ids []string) []any {
	var out []any
	for _, id := range ids {
		if kind == KindLead {
			out = append(out, id)
		} else if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}

func scanTitle(sc store.Scanner, kind string) (h Hit, err error) {
	if kind == KindLead {
		err = sc.Scan(&h.ID, &h.Title)
		return h, err
	}
	var id int64
	err = sc.Scan(&id, &h.Title)
	h.ID = strconv.FormatInt(id, 10)
	return h, err
}
