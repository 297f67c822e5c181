package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Organization is a firm, a school, an authority.
type Organization struct {
	ID                 int64
	Name               string
	Address            string            // on one line
	AddressParts       map[string]string // by AddressParts
	Website, Industry  string
	LinkedIn           string
	AnnualRevenue      string // decimal, empty if unknown
	Employees          int64  // 0 if unknown
	Owner              int64  // user
	Labels             []int64
	VisibleTo          int64 // 1, 3, 5 or 7
	Custom             map[string]any
	Deleted            bool
	AddedAt, UpdatedAt time.Time
	DeletedAt          time.Time // zero if not deleted
	People, OpenDeals  int       `json:"-"` // only in lists for pages
}

// OrganizationPatch says what to change; nil leaves alone, the zero value clears.
type OrganizationPatch struct {
	Name, Address               *string
	AddressParts                *map[string]string // beside Address: parts that are not given are cleared
	Website, Industry, LinkedIn *string
	AnnualRevenue               *string
	Employees, Owner, VisibleTo *int64
	Labels                      *[]int64
	Custom                      map[string]any // nil in it clears
	AddedAt                     *time.Time
}

// OrganizationFilter says which organizations a list has; zero fields say nothing.
type OrganizationFilter struct {
	IDs          []int64
	Owner        int64
	FirstChar    string
	Since, Until time.Time // by update time: from Since on, before Until
	Filter       int64     // one that is kept
}

// organizationDetails is what is stored as JSON: it is shown, never searched.
type organizationDetails struct {
	Address       map[string]string `json:"address,omitempty"`
	LinkedIn      string            `json:"linkedin,omitempty"`
	AnnualRevenue string            `json:"annual_revenue,omitempty"`
	Employees     int64             `json:"employee_count,omitempty"`
}

// CreateOrganization stores o; its id is set by the room, and so are the times
// that are zero.
func (s *Service) CreateOrganization(ctx context.Context, c route.Caller, o Organization) (Organization, error) {
	given := o
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		o, err = s.insertOrganization(tx, c, given, s.db.Now())
		return err
	})
	return o, err
}

// orCaller is the owner, or who makes the record if none was named.
func orCaller(owner int64, v route.Caller) int64 {
	if owner == 0 {
		return v.User
	}
	return owner
}

// insertOrganization stores an organization inside another change's transaction.
func (s *Service) insertOrganization(tx *store.Tx, c route.Caller, o Organization, now time.Time) (Organization, error) {
	o.Owner = orCaller(o.Owner, c)
	if o.VisibleTo == 0 {
		o.VisibleTo = defaultVisibility
	}
	o.AddedAt, o.UpdatedAt = orTime(o.AddedAt, now), orTime(o.UpdatedAt, now)
	o, err := s.checkOrganization(tx, c, o, o.Custom)
	if err != nil {
		return o, err
	}
	if o.Labels, err = checkLabels(tx, KindOrganization, o.Labels); err != nil {
		return o, err
	}
	if o.ID, err = tx.NextID("organization"); err != nil {
		return o, err
	}
	custom, labels, err := jsonColumns(o.Custom, o.Labels)
	if err != nil {
		return o, err
	}
	details, err := o.details()
	if err != nil {
		return o, err
	}
	_, err = tx.Exec(`INSERT INTO records_organization (company_id, id, name, folded, address, website, industry, details, owner_id,
			labels, visible_to, custom, deleted, added_at, updated_at, deleted_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?, 0)`,
		o.ID, o.Name, fold(o.Name), o.Address, o.Website, o.Industry, details, o.Owner,
		labels, o.VisibleTo, custom, clock.Micros(o.AddedAt), clock.Micros(o.UpdatedAt))
	if err != nil {
		return o, err
	}
	return o, s.changed(tx, c, organizationChange(Added, nil, o))
}

func organizationChange(action string, before any, o Organization) change {
	return change{entity: KindOrganization, id: strconv.FormatInt(o.ID, 10), action: action, before: before, after: o}
}

func (o Organization) details() (string, error) {
	raw, err := json.Marshal(organizationDetails{o.AddressParts, o.LinkedIn, o.AnnualRevenue, o.Employees})
	return string(raw), err
}

// checkOrganization checks what an organization is about to be, and merges its
// custom values.
func (s *Service) checkOrganization(tx *store.Tx, c route.Caller, o Organization, custom map[string]any) (Organization, error) {
	var err error
	if o.Name, err = title("name", o.Name); err != nil {
		return o, err
	}
	for _, f := range []struct{ name, value string }{
		{"address", o.Address}, {"website", o.Website}, {"industry", o.Industry}, {"linkedin", o.LinkedIn},
	} {
		if err := short(f.name, f.value); err != nil {
			return o, err
		}
	}
	for part, value := range o.AddressParts {
		if !slices.Contains(AddressParts, part) {
			return o, fault.New(fault.Invalid, "address."+part, "An address has no such part; it has %s.", strings.Join(AddressParts, ", "))
		}
		if err := short("address."+part, value); err != nil {
			return o, err
		}
	}
	if o.Employees < 0 {
		return o, fault.New(fault.Invalid, "employee_count", "Expected a number from 0 on, got %d.", o.Employees)
	}
	if err := s.existsUser(tx, "owner_id", o.Owner); err != nil {
		return o, err
	}
	if err := checkVisibility(o.VisibleTo); err != nil {
		return o, err
	}
	checked, err := s.checkCustom(tx, c, KindOrganization, custom)
	o.Custom = mergeCustom(o.Custom, checked)
	return o, err
}

const organizationColumns = `o.id, o.name, o.address, o.website, o.industry, o.details, o.owner_id, o.labels, o.visible_to, o.custom,
	o.deleted, o.added_at, o.updated_at, o.deleted_at`

const (
	fromAnyOrganization = ` FROM records_organization o WHERE o.company_id = @company`
	fromOrganization    = fromAnyOrganization + ` AND NOT o.deleted`
)

func scanOrganization(sc store.Scanner) (Organization, error) { return scanOrganizationAnd(sc) }

func scanOrganizationAnd(sc store.Scanner, more ...any) (Organization, error) {
	var o Organization
	var details, labels, custom string
	var added, updated, deleted int64
	err := sc.Scan(append([]any{
		&o.ID, &o.Name, &o.Address, &o.Website, &o.Industry, &details, &o.Owner, &labels, &o.VisibleTo, &custom,
		&o.Deleted, &added, &updated, &deleted,
	}, more...)...)
	if err != nil {
		return o, err
	}
	o.AddedAt, o.UpdatedAt, o.DeletedAt = clock.FromMicros(added), clock.FromMicros(updated), clock.FromMicros(deleted)
	var d organizationDetails
	if err := json.Unmarshal([]byte(details), &d); err != nil {
		return o, fmt.Errorf("read details of organization %d: %w", o.ID, err)
	}
	o.AddressParts, o.LinkedIn, o.AnnualRevenue, o.Employees = d.Address, d.LinkedIn, d.AnnualRevenue, d.Employees
	o.Custom, o.Labels, err = readColumns(custom, labels)
	return o, err
}

// Organization returns one that was not deleted and that the caller may see.
func (s *Service) Organization(ctx context.Context, c route.Caller, id int64) (o Organization, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		o, err = readOrganization(tx, c, id)
		return err
	})
	return o, err
}

func readOrganization(tx *store.Tx, c route.Caller, id int64) (Organization, error) {
	var f finding
	f.and("o.id = ?", id)
	f.visibleOrFollowed(c, "o", KindOrganization)
	list, err := store.Select(tx, scanOrganization, `SELECT `+organizationColumns+fromOrganization+f.where.String(), f.args...)
	if err != nil {
		return Organization{}, err
	}
	if len(list) == 0 {
		return Organization{}, fault.Missing("There is no organization %d, or it was deleted.", id)
	}
	return list[0], nil
}

// lockOrganization reads an organization so that other changes of it wait.
func lockOrganization(tx *store.Tx, c route.Caller, id int64) (Organization, error) {
	if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_organization WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Organization{}, err
	}
	return readOrganization(tx, c, id)
}

// organizationSort are the columns of what lists of organizations can be sorted by.
var organizationSort = map[string]string{
	"id": "o.id", "name": "o.folded", "owner_id": "o.owner_id", "address": "o.address", "visible_to": "o.visible_to",
	"add_time": "o.added_at", "update_time": "o.updated_at",
}

// OrganizationSort are the words for Window.Sort of a list of organizations.
var OrganizationSort = sortWords(organizationSort)

// ListOrganizations lists organizations that the caller may see.
func (s *Service) ListOrganizations(ctx context.Context, c route.Caller, filter OrganizationFilter, w Window) (list []Organization, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		var f finding
		filter.put(&f)
		if err := f.filtered(tx, c, filter.Filter, KindOrganization, "o"); err != nil {
			return err
		}
		f.visibleOrFollowed(c, "o", KindOrganization)
		tail, args, err := f.page(w, organizationSort, "o.id")
		if err != nil {
			return err
		}
		list, err = store.Select(tx, scanOrganization, `SELECT `+organizationColumns+fromOrganization+tail, args...)
		list, more = cut(list, w.Limit)
		return err
	})
	return list, more, err
}

func (o OrganizationFilter) put(f *finding) {
	if len(o.IDs) > 0 {
		f.oneOf("o.id", o.IDs)
	}
	if o.Owner != 0 {
		f.and("o.owner_id = ?", o.Owner)
	}
	f.beginsWith("o.folded", o.FirstChar)
	f.updated("o.updated_at", o.Since, o.Until)
}

// Organizations lists by name with counts, for pages.
func (s *Service) Organizations(ctx context.Context, c route.Caller, p Page) (list []Organization, next string, err error) {
	name, id := splitCursor(p.After)
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		var f finding
		f.visibleOrFollowed(c, "o", KindOrganization)
		tail, args, err := f.page(Window{Limit: p.limit(), Sort: []Order{{By: "name"}}, After: &Position{name, id}}, organizationSort, "o.id")
		if err != nil {
			return err
		}
		list, err = store.Select(tx, func(sc store.Scanner) (Organization, error) {
			var people, deals int
			o, err := scanOrganizationAnd(sc, &people, &deals)
			o.People, o.OpenDeals = people, deals
			return o, err
		}, `SELECT `+organizationColumns+`,
				(SELECT COUNT(*) FROM records_person p WHERE p.company_id = o.company_id AND p.org_id = o.id AND NOT p.deleted),
				(SELECT COUNT(*) FROM records_deal d WHERE d.company_id = o.company_id AND d.org_id = o.id AND d.status = 'open' AND NOT d.deleted)
			`+fromOrganization+tail, args...)
		return err
	})
	list, more := cut(list, p.limit())
	if more {
		last := list[len(list)-1]
		next = joinCursor(fold(last.Name), last.ID)
	}
	return list, next, err
}

// UpdateOrganization changes what the patch names. Changes of different fields at
// the same time are both kept.
func (s *Service) UpdateOrganization(ctx context.Context, c route.Caller, id int64, patch OrganizationPatch) (o Organization, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		was, err := lockOrganization(tx, c, id)
		if err != nil {
			return err
		}
		o, err = s.updateOrganization(tx, c, was, patch)
		return err
	})
	return o, err
}

// updateOrganization changes an organization that the transaction has locked.
func (s *Service) updateOrganization(tx *store.Tx, c route.Caller, was Organization, patch OrganizationPatch) (Organization, error) {
	o, err := s.checkOrganization(tx, c, patch.apply(was), patch.Custom)
	if err != nil {
		return o, err
	}
	if patch.Labels != nil { // those that were chosen before may have been deleted since
		if o.Labels, err = checkLabels(tx, KindOrganization, o.Labels); err != nil {
			return o, err
		}
	}
	o.UpdatedAt = after(was.UpdatedAt, tx.Now())
	if err := storeOrganization(tx, o); err != nil {
		return o, err
	}
	return o, s.changed(tx, c, organizationChange(Updated, was, o))
}

func storeOrganization(tx *store.Tx, o Organization) error {
	custom, labels, err := jsonColumns(o.Custom, o.Labels)
	if err != nil {
		return err
	}
	details, err := o.details()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE records_organization SET name = ?, folded = ?, address = ?, website = ?, industry = ?, details = ?, owner_id = ?,
			labels = ?, visible_to = ?, custom = ?, added_at = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`, o.Name, fold(o.Name), o.Address, o.Website, o.Industry, details, o.Owner,
		labels, o.VisibleTo, custom, clock.Micros(o.AddedAt), clock.Micros(o.UpdatedAt), o.ID)
	return err
}

// apply is o after the patch, unchecked; custom values are merged by the check.
func (patch OrganizationPatch) apply(o Organization) Organization {
	set(&o.Name, patch.Name)
	set(&o.Address, patch.Address)
	if patch.Address != nil { // the parts were those of another address
		o.AddressParts = nil
	}
	set(&o.AddressParts, patch.AddressParts)
	set(&o.Website, patch.Website)
	set(&o.Industry, patch.Industry)
	set(&o.LinkedIn, patch.LinkedIn)
	set(&o.AnnualRevenue, patch.AnnualRevenue)
	set(&o.Employees, patch.Employees)
	set(&o.VisibleTo, patch.VisibleTo)
	set(&o.Labels, patch.Labels)
	set(&o.AddedAt, patch.AddedAt)
	if patch.Owner != nil && *patch.Owner != 0 {
		o.Owner = *patch.Owner
	}
	return o
}

// DeleteOrganizations deletes organizations, all of them or none. What refers to
// them stays and shows none from then on.
func (s *Service) DeleteOrganizations(ctx context.Context, c route.Caller, ids ...int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range some(ids) {
			o, err := lockOrganization(tx, c, id)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE records_organization SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
				clock.Micros(tx.Now()), clock.Micros(after(o.UpdatedAt, tx.Now())), id); err != nil {
				return err
			}
			ch := organizationChange(Deleted, o, o)
			ch.after = nil
			if err := s.changed(tx, c, ch); err != nil {
				return err
			}
		}
		return nil
	})
}

// joinCursor and splitCursor make the opaque mark between two pages of a list
// that is ordered by name.
func joinCursor(name string, id int64) string { return strconv.FormatInt(id, 10) + "." + name }

func splitCursor(mark string) (name string, id int64) {
	num, name, _ := strings.Cut(mark, ".")
	id, _ = strconv.ParseInt(num, 10, 64) // a broken mark begins at the start
	return name, id
}
