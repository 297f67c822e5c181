package records

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Who sees what. A person, organization, deal or lead is seen by the whole
// company, unless it is for its owner alone (visible_to 1): then by its owner, its
// followers and admins. What hangs on records is seen by whoever sees one of them;
// what hangs on none is seen by all. An activity is seen by its owner and by the
// users it invites, a call by its user, whatever it hangs on. Where something that
// is seen refers to a record that is not, the reference stands without a name.
// spec: rest.visibility

// clause is a condition of a query with its arguments.
type clause struct {
	sql  string
	args []any
}

// anyOfClauses is the condition that one of several is true.
func anyOfClauses(list ...clause) clause {
	var all clause
	for i, c := range list {
		if i > 0 {
			all.sql += " OR "
		}
		all.sql += "(" + c.sql + ")"
		all.args = append(all.args, c.args...)
	}
	return all
}

// seesRecord is the condition that a user who is no admin sees the row of a record
// of a kind; table is what the query calls the row. Leads have no followers.
// spec: rest.visibility
// spec: rest.persons.visible-to-followers
func seesRecord(user int64, kind, table string) clause {
	c := clause{table + ".visible_to <> 1 OR " + table + ".owner_id = ?", []any{user}}
	if kind == KindLead {
		return c
	}
	return anyOfClauses(c, clause{`EXISTS (SELECT 1 FROM records_follower v WHERE v.company_id = ` + table + `.company_id
			AND v.entity = '` + kind + `' AND v.entity_id = ` + table + `.id AND v.user_id = ?)`, []any{user}})
}

// heldBy are the columns by which things hang on records, and the kinds of those.
var heldBy = []struct{ column, kind string }{
	{"person_id", KindPerson}, {"org_id", KindOrganization}, {"deal_id", KindDeal}, {"lead_id", KindLead},
}

// hangsSeen is the condition that a user who is no admin sees one of the records
// that a row hangs on, or that it hangs on none, by the columns of heldBy and by
// more, of which the room knows itself who sees them.
// spec: rest.visibility.hanging
func hangsSeen(user int64, table string, more ...string) clause {
	var none []string
	var list []clause
	for _, h := range heldBy {
		none = append(none, table+"."+h.column+" IS NULL")
		sees := seesRecord(user, h.kind, "r")
		sees.sql = `EXISTS (SELECT 1 FROM records_` + h.kind + ` r WHERE r.company_id = ` + table + `.company_id AND r.id = ` + table + `.` + h.column + ` AND (` + sees.sql + `))`
		list = append(list, sees)
	}
	for _, column := range more {
		none = append(none, table+"."+column+" IS NULL")
	}
	return anyOfClauses(append(list, clause{sql: strings.Join(none, " AND ")})...)
}

// seesActivity is the condition that a user who is no admin sees an activity.
// spec: rest.visibility.own
func seesActivity(user int64, table string) clause {
	participant := seesRecord(user, KindPerson, "r")
	participant.sql = `EXISTS (SELECT 1 FROM records_activity_participant t JOIN records_person r ON r.company_id = t.company_id AND r.id = t.person_id
		WHERE t.company_id = ` + table + `.company_id AND t.activity_id = ` + table + `.id AND (` + participant.sql + `))`
	return anyOfClauses(
		clause{table + ".owner_id = ?", []any{user}},
		clause{`EXISTS (SELECT 1 FROM records_activity_attendee t WHERE t.company_id = ` + table + `.company_id
			AND t.activity_id = ` + table + `.id AND t.user_id = ?)`, []any{user}},
		hangsSeen(user, table), participant,
	)
}

// seesFile is the condition that a user who is no admin sees a file, which can
// hang on an activity, too.
func seesFile(user int64, table string) clause {
	of := seesActivity(user, "fa")
	of.sql = `EXISTS (SELECT 1 FROM records_activity fa WHERE fa.company_id = ` + table + `.company_id AND fa.id = ` + table + `.activity_id AND (` + of.sql + `))`
	return anyOfClauses(hangsSeen(user, table, "activity_id"), of)
}

// seesCall is the condition that a user who is no admin sees a call.
func seesCall(user int64, table string) clause {
	return anyOfClauses(clause{table + ".user_id = ?", []any{user}}, hangsSeen(user, table))
}

// seesDoc is the condition that a user who is no admin finds a document of the
// search.
func seesDoc(user int64, table string) clause {
	file := seesFile(user, "f")
	return clause{`CASE WHEN ` + table + `.kind = '` + KindFile + `' THEN EXISTS (SELECT 1 FROM records_file f
			WHERE f.company_id = ` + table + `.company_id AND f.id = CAST(` + table + `.entity_id AS BIGINT) AND (` + file.sql + `))
		ELSE ` + table + `.visible_to <> 1 OR ` + table + `.owner_id = ? OR EXISTS (SELECT 1 FROM records_follower v WHERE v.company_id = ` + table + `.company_id
			AND v.entity = ` + table + `.kind AND CAST(v.entity_id AS TEXT) = ` + table + `.entity_id AND v.user_id = ?) END`,
		append(file.args, user, user)}
}

// seen adds that the caller sees the rows; see says who does beside admins.
func (f *finding) seen(c route.Caller, see func(user int64, table string) clause, table string) {
	if !c.Admin {
		condition := see(c.User, table)
		f.and(condition.sql, condition.args...)
	}
}

// visibleOrFollowed adds that the caller sees the records of a kind.
func (f *finding) visibleOrFollowed(c route.Caller, table, kind string) {
	f.seen(c, func(user int64, table string) clause { return seesRecord(user, kind, table) }, table)
}

// refers refuses a reference to a record that is not there or that the caller does
// not see: who is told the difference would learn of it. id is nil for none.
// spec: rest.visibility.references
func (s *Service) refers(tx *store.Tx, c route.Caller, field, kind string, id any) error {
	if id == nil {
		return nil
	}
	var f finding
	f.and("r.id = ?", id)
	f.visibleOrFollowed(c, "r", kind)
	n, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM records_`+kind+` r WHERE r.company_id = @company AND NOT r.deleted`+f.where.String(), f.args...)
	if err == nil && n == 0 {
		err = fault.New(fault.Invalid, field, "Expected an existing record, got %v, which does not exist.", id)
	}
	return err
}

// hidden are those of the records that the caller does not see, with one query.
func hidden(tx *store.Tx, c route.Caller, list []Link) (map[Link]bool, error) {
	ids := map[string][]string{}
	for _, l := range list {
		if !slices.Contains(ids[l.Kind], l.ID) {
			ids[l.Kind] = append(ids[l.Kind], l.ID)
		}
	}
	var branches []string
	var args []any
	for _, h := range heldBy {
		of := keys(h.kind, ids[h.kind])
		if c.Admin || len(of) == 0 {
			continue
		}
		sees := seesRecord(c.User, h.kind, "r")
		branches = append(branches, `SELECT '`+h.kind+`' AS kind, CAST(r.id AS TEXT) AS id FROM records_`+h.kind+` r
			WHERE r.company_id = @company AND r.id IN (`+places(len(of))+`) AND NOT (`+sees.sql+`)`)
		args = append(append(args, of...), sees.args...)
	}
	out := map[Link]bool{}
	if len(branches) == 0 {
		return out, nil
	}
	found, err := store.Select(tx, func(sc store.Scanner) (l Link, err error) { return l, sc.Scan(&l.Kind, &l.ID) }, strings.Join(branches, "\nUNION ALL "), args...)
	if err != nil {
		return nil, fmt.Errorf("read which of %d records are hidden: %w", len(list), err)
	}
	for _, l := range found {
		out[l] = true
	}
	return out, nil
}

// nameOfLink is where the name of a record stands that something refers to.
type nameOfLink struct {
	Link
	name *string
}

func nameAt(kind string, id int64, name *string) nameOfLink {
	return nameOfLink{Link{kind, strconv.FormatInt(id, 10)}, name}
}

// withoutHidden empties the names of records that the caller does not see; names
// are where those of one item stand.
// spec: rest.visibility.names
func withoutHidden[T any](tx *store.Tx, c route.Caller, list []T, names func(*T) []nameOfLink) error {
	if c.Admin {
		return nil
	}
	var all []nameOfLink
	var links []Link
	for i := range list {
		for _, n := range names(&list[i]) {
			if *n.name != "" {
				all, links = append(all, n), append(links, n.Link)
			}
		}
	}
	are, err := hidden(tx, c, links)
	for _, n := range all {
		if are[n.Link] {
			*n.name = ""
		}
	}
	return err
}

// withoutHiddenIn is withoutHidden of one item.
func withoutHiddenIn[T any](tx *store.Tx, c route.Caller, item *T, names func(*T) []nameOfLink) error {
	list := []T{*item}
	err := withoutHidden(tx, c, list, names)
	*item = list[0]
	return err
}

func noteNames(n *Note) []nameOfLink {
	return []nameOfLink{
		nameAt(KindPerson, n.Person, &n.PersonName), nameAt(KindOrganization, n.Organization, &n.OrganizationName), nameAt(KindDeal, n.Deal, &n.DealTitle),
	}
}

func activityNames(a *Activity) []nameOfLink {
	return []nameOfLink{
		nameAt(KindPerson, a.Person, &a.PersonName), nameAt(KindOrganization, a.Organization, &a.OrganizationName), nameAt(KindDeal, a.Deal, &a.DealTitle),
	}
}

func fileNames(f *File) []nameOfLink {
	return []nameOfLink{
		nameAt(KindPerson, f.Person.ID, &f.Person.Name), nameAt(KindOrganization, f.Organization.ID, &f.Organization.Name),
		nameAt(KindDeal, f.Deal.ID, &f.Deal.Name), {Link{KindLead, f.Lead.ID}, &f.Lead.Name},
	}
}

func personNames(p *Person) []nameOfLink {
	return []nameOfLink{nameAt(KindOrganization, p.Organization.ID, &p.Organization.Name)}
}

func dealNames(d *Deal) []nameOfLink {
	return []nameOfLink{nameAt(KindPerson, d.Person.ID, &d.Person.Name), nameAt(KindOrganization, d.Organization.ID, &d.Organization.Name)}
}

func leadNames(l *Lead) []nameOfLink {
	return []nameOfLink{nameAt(KindPerson, l.Person.ID, &l.Person.Name), nameAt(KindOrganization, l.Organization.ID, &l.Organization.Name)}
}

// seesNote is the condition that a user who is no admin sees a note, and what is
// said on it.
func seesNote(user int64, table string) clause { return hangsSeen(user, table) }
