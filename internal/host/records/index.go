package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dockwright/dockwright/internal/store"
)

// The fields that are searched, by the contract's words.
const (
	inName    = "name"
	inTitle   = "title"
	inEmail   = "email"
	inPhone   = "phone"
	inAddress = "address"
	inCustom  = "custom_fields"
	inNotes   = "notes"
)

// searched are the fields in which records of each kind are found.
var searched = map[string][]string{
	KindPerson:       {inName, inEmail, inPhone, inCustom, inNotes},
	KindOrganization: {inName, inAddress, inCustom, inNotes},
	KindDeal:         {inTitle, inCustom, inNotes},
	KindLead:         {inTitle, inCustom, inNotes},
	KindFile:         {inName},
}

// SearchedFields are the fields, beside the company's own, in which records of a
// kind are found; nil for an unknown kind.
func SearchedFields(kind string) []string {
	return slices.DeleteFunc(slices.Clone(searched[kind]), func(field string) bool { return field == inCustom })
}

// document is what is searched and shown of a record.
type document struct {
	kind, id             string
	owner, visible       int64
	person, organization int64
	status               string
	Title                string
	Emails, Phones       []string          `json:",omitempty"`
	Address              string            `json:",omitempty"`
	Notes                []string          `json:",omitempty"` // without markup
	Custom               map[string]string `json:",omitempty"` // by the field's code
	Amount               int64             `json:",omitempty"` // as Money
	Currency             string            `json:",omitempty"`
	Stage                int64             `json:",omitempty"`
	Archived, Seen       bool              `json:",omitempty"`
	Deal                 int64             `json:",omitempty"` // of a file
	Lead                 string            `json:",omitempty"` // of a file
}

// in are the texts of a field.
func (d *document) in(field string) []string {
	switch field {
	case inName, inTitle:
		return []string{d.Title}
	case inEmail:
		return d.Emails
	case inPhone:
		return d.Phones
	case inAddress:
		return []string{d.Address}
	case inCustom:
		return slices.Sorted(maps.Values(d.Custom))
	case inNotes:
		return d.Notes
	}
	return nil
}

// normal is a text as it is compared: a telephone number by its digits, all
// else in small letters with single spaces.
// spec: rest.search.phone
func normal(field, text string) string {
	if field == inPhone {
		return digits(text)
	}
	return fold(text)
}

// What a token says of a text.
const (
	entire = '=' // it is this
	begin  = '^' // it begins with these two or three characters
	word   = '_' // a word in it does
	gram   = '.' // these three characters are in it
)

// tokens hashes what is said of texts into numbers that no two companies, kinds
// and fields share: a search never reads what another company has written, nor
// what stands in fields that it does not ask for.
type tokens struct {
	company int64
	set     map[int64]bool
}

func (t tokens) add(kind, field string, class rune, text string) {
	t.set[token(t.company, kind, field, class, text)] = true
}

func token(company int64, kind, field string, class rune, text string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%s\x00%c%s", company, kind, field, class, text)
	return int64(h.Sum64() & (1<<45 - 1)) // nine letters as a word
}

func (d *document) tokens(company int64) []int64 {
	t := tokens{company, map[int64]bool{}}
	for _, field := range searched[d.kind] {
		for _, text := range d.in(field) {
			t.text(d.kind, field, normal(field, text))
		}
	}
	return slices.Sorted(maps.Keys(t.set))
}

func (t tokens) text(kind, field, text string) {
	if text == "" {
		return
	}
	t.add(kind, field, entire, text)
	runes := []rune(text)
	if field == inName || field == inTitle {
		t.start(kind, field, begin, runes)
	}
	for _, at := range wordStarts(field, runes) {
		t.start(kind, field, word, runes[at:])
	}
	for i := range len(runes) - 2 {
		t.add(kind, field, gram, string(runes[i:i+3]))
	}
}

func (t tokens) start(kind, field string, class rune, runes []rune) {
	for _, n := range []int{2, 3} {
		if len(runes) >= n {
			t.add(kind, field, class, string(runes[:n]))
		}
	}
}

// wordStarts are the places where words begin. An email address has words before
// the "@" only, so that a common mail service does not find everybody.
// spec: rest.search.email
func wordStarts(field string, runes []rune) []int {
	var out []int
	inside := false
	for i, r := range runes {
		if field == inEmail && r == '@' {
			break
		}
		is := unicode.IsLetter(r) || unicode.IsDigit(r)
		if is && !inside || i == 0 {
			out = append(out, i)
		}
		inside = is
	}
	return out
}

// docSpan is how many documents a company can have: on SQLite a company's rows of
// the index of tokens have the numbers from its id times docSpan on.
const docSpan = "1099511627776" // 2^40

// put writes what is searched of a record. The tokens are left alone if no text
// has changed.
func (s *Service) put(tx *store.Tx, d document) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	old, err := docOf(tx, d.kind, d.id)
	if errors.Is(err, store.ErrNoRows) {
		return s.putNew(tx, d, string(raw))
	}
	if err != nil {
		return fmt.Errorf("read what is searched: %w", err)
	}
	if _, err := tx.Exec(`UPDATE records_search SET owner_id = ?, visible_to = ?, person_id = ?, org_id = ?, status = ?, item = ?
		WHERE company_id = @company AND doc = ?`, d.owner, d.visible, d.person, d.organization, d.status, string(raw), old.doc); err != nil {
		return err
	}
	is := d.tokens(tx.Company())
	if slices.Equal(old.tokens(tx.Company()), is) {
		return nil
	}
	return s.putTokens(tx, old.doc, is)
}

func (s *Service) putNew(tx *store.Tx, d document, item string) error {
	doc, err := tx.NextID("search")
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO records_search (company_id, doc, kind, entity_id, owner_id, visible_to, person_id, org_id, status, item)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, doc, d.kind, d.id, d.owner, d.visible, d.person, d.organization, d.status, item); err != nil {
		return err
	}
	return s.putTokens(tx, doc, d.tokens(tx.Company()))
}

// putTokens replaces the tokens of a document.
func (s *Service) putTokens(tx *store.Tx, doc int64, set []int64) error {
	if err := dropTokens(tx, doc); err != nil {
		return err
	}
	words := make([]string, len(set))
	for i, t := range set {
		words[i] = tokenWord(t)
	}
	insert := `INSERT INTO records_search_token (rowid, tokens) VALUES (@company * ` + docSpan + ` + ?, ?)`
	if s.db.Dialect() == store.Postgres {
		insert = `INSERT INTO records_search_token (rowid, tokens) VALUES (@company * ` + docSpan + ` + ?, CAST(CAST(? AS TEXT) AS TSVECTOR))`
	}
	_, err := tx.Exec(insert, doc, strings.Join(words, " "))
	return err
}

func dropTokens(tx *store.Tx, doc int64) error {
	_, err := tx.Exec(`DELETE FROM records_search_token WHERE rowid = @company * `+docSpan+` + ?`, doc)
	return err
}

// tokenWord is a token as a word.
func tokenWord(t int64) string { return strconv.FormatInt(t, 36) }

// unput takes a record out of what is searched.
func (s *Service) unput(tx *store.Tx, kind, id string) error {
	old, err := docOf(tx, kind, id)
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := dropTokens(tx, old.doc); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM records_search WHERE company_id = @company AND doc = ?`, old.doc)
	return err
}

// foundDoc is a document with its number.
type foundDoc struct {
	doc int64
	document
}

const docColumns = `s.doc, s.kind, s.entity_id, s.owner_id, s.visible_to, s.person_id, s.org_id, s.status, s.item`

func scanDoc(sc store.Scanner) (foundDoc, error) {
	var d foundDoc
	var item string
	if err := sc.Scan(&d.doc, &d.kind, &d.id, &d.owner, &d.visible, &d.person, &d.organization, &d.status, &item); err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(item), &d.document)
}

func docOf(tx *store.Tx, kind, id string) (foundDoc, error) {
	return store.One(tx, scanDoc, `SELECT `+docColumns+` FROM records_search s WHERE s.company_id = @company AND s.kind = ? AND s.entity_id = ?`+tx.ForUpdate(), kind, id)
}
