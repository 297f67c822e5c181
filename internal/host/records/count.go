package records

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// DealCounts are numbers of deals by status.
type DealCounts struct {
	Open, Won, Lost int64
}

// Closed are those won or lost.
func (d DealCounts) Closed() int64 { return d.Won + d.Lost }

func (d *DealCounts) add(status string, n int64) {
	switch status {
	case "open":
		d.Open += n
	case "won":
		d.Won += n
	case "lost":
		d.Lost += n
	}
}

// Counts is what belongs to one person or organization.
type Counts struct {
	Deals DealCounts
	// Related are deals of a person's organization that are not the person's own,
	// or deals of an organization's people that are not the organization's own.
	Related DealCounts
	// Participant are deals in which a person takes part that are another's.
	Participant                     DealCounts
	Activities                      ActivityCounts
	Files, Notes, Followers, People int64
}

// part is one branch of the query for counts: what is counted, by which id.
type part struct{ what, of, from string }

// ofOrganization counts the deals of the organizations that persons belong to.
var ofOrganization = part{
	"'org.' || d.status", "d.org_id", "records_deal d WHERE d.company_id = @company AND NOT d.deleted AND d.org_id IN (#) GROUP BY d.status, d.org_id",
}

var personParts = []part{
	{"'deal.' || d.status", "d.person_id", "records_deal d WHERE d.company_id = @company AND NOT d.deleted AND d.person_id IN (#) GROUP BY d.status, d.person_id"},
	// An organization's deals less the person's own in it are what is related.
	{"'own.' || d.status", "d.person_id", `records_deal d JOIN records_person p ON p.company_id = d.company_id AND p.id = d.person_id AND p.org_id = d.org_id
		WHERE d.company_id = @company AND NOT d.deleted AND d.person_id IN (#) GROUP BY d.status, d.person_id`},
	{"'part.' || d.status", "t.person_id", `records_participant t JOIN records_deal d ON d.company_id = t.company_id AND d.id = t.deal_id
			AND (d.person_id IS NULL OR d.person_id <> t.person_id)
		WHERE t.company_id = @company AND NOT d.deleted AND t.person_id IN (#) GROUP BY d.status, t.person_id`},
	{"'files'", "f.person_id", "records_file f WHERE f.company_id = @company AND NOT f.deleted AND f.person_id IN (#) GROUP BY f.person_id"},
	{"'notes'", "n.person_id", "records_note n WHERE n.company_id = @company AND NOT n.deleted AND n.person_id IN (#) GROUP BY n.person_id"},
	{"'followers'", "v.entity_id", "records_follower v WHERE v.company_id = @company AND v.entity = 'person' AND v.entity_id IN (#) GROUP BY v.entity_id"},
}

var organizationParts = []part{
	{"'deal.' || d.status", "d.org_id", "records_deal d WHERE d.company_id = @company AND NOT d.deleted AND d.org_id IN (#) GROUP BY d.status, d.org_id"},
	{"'related.' || d.status", "p.org_id", `records_person p JOIN records_deal d ON d.company_id = p.company_id AND d.person_id = p.id
			AND (d.org_id IS NULL OR d.org_id <> p.org_id)
		WHERE p.company_id = @company AND NOT p.deleted AND NOT d.deleted AND p.org_id IN (#) GROUP BY d.status, p.org_id`},
	{"'files'", "f.org_id", "records_file f WHERE f.company_id = @company AND NOT f.deleted AND f.org_id IN (#) GROUP BY f.org_id"},
	{"'notes'", "n.org_id", "records_note n WHERE n.company_id = @company AND NOT n.deleted AND n.org_id IN (#) GROUP BY n.org_id"},
	{"'followers'", "v.entity_id", "records_follower v WHERE v.company_id = @company AND v.entity = 'organization' AND v.entity_id IN (#) GROUP BY v.entity_id"},
	{"'people'", "p.org_id", "records_person p WHERE p.company_id = @company AND NOT p.deleted AND p.org_id IN (#) GROUP BY p.org_id"},
}

type counted struct {
	what string
	of   int64
	n    int64
}

// runCounts runs all parts as one query, and the one for organizations, if there
// are any.
func runCounts(tx *store.Tx, parts []part, ids, organizations []int64) ([]counted, error) {
	var branches []string
	var args []any
	add := func(p part, ids []int64) {
		branches = append(branches, "SELECT "+p.what+" AS what, "+p.of+" AS of_id, COUNT(*) AS n FROM "+strings.ReplaceAll(p.from, "#", places(len(ids))))
		args = append(args, anys(ids)...)
	}
	for _, p := range parts {
		add(p, ids)
	}
	if len(organizations) > 0 {
		add(ofOrganization, organizations)
	}
	list, err := store.Select(tx, func(sc store.Scanner) (c counted, err error) {
		err = sc.Scan(&c.what, &c.of, &c.n)
		return c, err
	}, strings.Join(branches, "\nUNION ALL "), args...)
	if err != nil {
		return nil, fmt.Errorf("count what belongs to %d records: %w", len(ids), err)
	}
	return list, nil
}

// countsAtOnce is how many records are counted by one query: SQLite is slow to
// take thousands of arguments.
const countsAtOnce = 100

// PersonCounts are those of persons by id: two queries for each hundred.
// spec: rest.counts
func (s *Service) PersonCounts(ctx context.Context, c route.Caller, list []Person) (map[int64]Counts, error) {
	out := map[int64]Counts{}
	for chunk := range slices.Chunk(list, countsAtOnce) {
		var ids, organizations []int64
		for _, p := range chunk {
			ids, organizations = append(ids, p.ID), append(organizations, p.Organization.ID)
		}
		deals, err := s.counts(ctx, c, KindPerson, personParts, ids, some(organizations), out)
		if err != nil {
			return nil, err
		}
		for _, p := range chunk {
			n, all := out[p.ID], deals[p.Organization.ID]
			n.Related.Open += all.Open
			n.Related.Won += all.Won
			n.Related.Lost += all.Lost
			out[p.ID] = n
		}
	}
	return out, nil
}

// OrganizationCounts are those of organizations by id: two queries for each
// hundred.
func (s *Service) OrganizationCounts(ctx context.Context, c route.Caller, list []Organization) (map[int64]Counts, error) {
	out := map[int64]Counts{}
	for chunk := range slices.Chunk(list, countsAtOnce) {
		var ids []int64
		for _, o := range chunk {
			ids = append(ids, o.ID)
		}
		if _, err := s.counts(ctx, c, KindOrganization, organizationParts, ids, nil, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// counts adds those of ids to out, and returns the deals of organizations.
func (s *Service) counts(
	ctx context.Context, c route.Caller, kind string, parts []part, ids, organizations []int64, out map[int64]Counts,
) (map[int64]DealCounts, error) {
	deals := map[int64]DealCounts{}
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		rows, err := runCounts(tx, parts, ids, organizations)
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.put(out, deals)
		}
		activities, err := activityCounts(tx, kind, ids)
		for id, a := range activities {
			n := out[id]
			n.Activities = a
			out[id] = n
		}
		return err
	})
	return deals, err
}

func (r counted) put(out map[int64]Counts, organizations map[int64]DealCounts) {
	what, status, _ := strings.Cut(r.what, ".")
	if what == "org" {
		d := organizations[r.of]
		d.add(status, r.n)
		organizations[r.of] = d
		return
	}
	n := out[r.of]
	switch what {
	case "deal":
		n.Deals.add(status, r.n)
	case "part":
		n.Participant.add(status, r.n)
	case "own":
		n.Related.add(status, -r.n)
	case "related":
		n.Related.add(status, r.n)
	case "files":
		n.Files = r.n
	case "notes":
		n.Notes = r.n
	case "followers":
		n.Followers = r.n
	case "people":
		n.People = r.n
	}
	out[r.of] = n
}
