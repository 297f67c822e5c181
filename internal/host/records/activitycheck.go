package records

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

const maxPeople = 200 // participants, and attendees, of an activity

// apply changes a as p says. What is right is looked at afterwards.
func (p ActivityPatch) apply(a Activity) Activity {
	set(&a.Subject, p.Subject)
	set(&a.Type, p.Type)
	set(&a.Owner, p.Owner)
	set(&a.Organization, p.Organization)
	set(&a.Deal, p.Deal)
	set(&a.Lead, p.Lead)
	set(&a.DueDate, p.DueDate)
	set(&a.DueTime, p.DueTime)
	set(&a.Duration, p.Duration)
	set(&a.Busy, p.Busy)
	set(&a.Done, p.Done)
	if p.Location != nil { // the parts were those of another place
		a.LocationParts = nil
	}
	set(&a.Location, p.Location)
	set(&a.LocationParts, p.LocationParts)
	set(&a.Attendees, p.Attendees)
	set(&a.PublicDescription, p.PublicDescription)
	set(&a.Note, p.Note)
	set(&a.Priority, p.Priority)
	set(&a.Meeting, p.Meeting)
	return a
}

// checkActivity completes an activity and refuses what is wrong in it. before is
// nil for a new one. What it referred to before may be deleted by now.
func (s *Service) checkActivity(tx *store.Tx, c route.Caller, before *Activity, a Activity, p ActivityPatch) (Activity, error) {
	was := Activity{}
	if before != nil {
		was = *before
	}
	var err error
	if a, err = checkType(tx, was, a); err != nil {
		return a, err
	}
	if a.Subject, err = title("subject", a.Subject); err != nil {
		return a, err
	}
	if a, err = checkTimes(a); err != nil {
		return a, err
	}
	if a, err = checkTexts(a); err != nil {
		return a, err
	}
	if a.Participants, a.Person, err = p.people(was); err != nil {
		return a, err
	}
	if err := s.checkActivityRefs(tx, c, was, a); err != nil {
		return a, err
	}
	switch {
	case !a.Done:
		a.DoneAt = time.Time{}
	case !was.Done:
		a.DoneAt = tx.Now()
	}
	return a, nil
}

// checkType makes sure that the type can be chosen, and lets a new activity have
// the first type and a subject when it came without.
// spec: rest.activities.defaults
func checkType(tx *store.Tx, was, a Activity) (Activity, error) {
	if a.Type == was.Type && a.Type != "" && a.Subject != "" {
		return a, nil
	}
	types, err := ensureActivityTypes(tx)
	if err != nil {
		return a, err
	}
	types = slices.DeleteFunc(types, func(t ActivityType) bool { return t.Deleted && t.Key != was.Type })
	if a.Type == "" {
		a.Type = types[0].Key
	}
	i := slices.IndexFunc(types, func(t ActivityType) bool { return t.Key == a.Type })
	if i < 0 {
		keys := make([]string, len(types))
		for i, t := range types {
			keys[i] = t.Key
		}
		return a, fault.New(fault.Invalid, "type", "Expected the key_string of an activity type: %s; got %q.", strings.Join(keys, ", "), a.Type)
	}
	if a.Subject == "" && was.Subject == "" {
		a.Subject = types[i].Name
	}
	return a, nil
}

var clockForm = regexp.MustCompile(`^(\d{1,2}):([0-5]\d)(?::([0-5]\d))?$`)

// checkTimes brings times of the day and durations into one form.
// spec: rest.activities.times
func checkTimes(a Activity) (Activity, error) {
	if err := date("due_date", a.DueDate); err != nil {
		return a, err
	}
	for _, t := range []struct {
		field string
		text  *string
		hours int
	}{{"due_time", &a.DueTime, 23}, {"duration", &a.Duration, 99}} {
		if *t.text == "" {
			continue
		}
		m := clockForm.FindStringSubmatch(*t.text)
		if m == nil {
			return a, fault.New(fault.Invalid, t.field, "Expected hours and minutes such as 13:30 or 13:30:00, got %q.", *t.text)
		}
		h, err := strconv.Atoi(m[1])
		if err != nil || h > t.hours {
			return a, fault.New(fault.Invalid, t.field, "Expected at most %d hours, got %q.", t.hours, *t.text)
		}
		*t.text = fmt.Sprintf("%02d:%s:%s", h, m[2], cmp.Or(m[3], "00"))
	}
	if a.Busy != "" && a.Busy != Busy && a.Busy != Free {
		return a, fault.New(fault.Invalid, "busy", "Expected true or false, got %q.", a.Busy)
	}
	return a, nil
}

func checkTexts(a Activity) (Activity, error) {
	for _, t := range []struct{ field, text string }{{"note", a.Note}, {"public_description", a.PublicDescription}} {
		if n := utf8.RuneCountInString(t.text); n > maxHTML {
			return a, fault.New(fault.Invalid, t.field, "Expected at most %d characters, got %d.", maxHTML, n)
		}
	}
	a.Note = CleanHTML(a.Note)
	if a.Priority < 0 {
		return a, fault.New(fault.Invalid, "priority", "Expected the id of an option, got %d.", a.Priority)
	}
	if err := short("location", a.Location); err != nil {
		return a, err
	}
	for part, value := range a.LocationParts {
		if !slices.Contains(AddressParts, part) {
			return a, fault.New(fault.Invalid, "location."+part, "A location has no such part; it has %s.", strings.Join(AddressParts, ", "))
		}
		if err := short("location."+part, value); err != nil {
			return a, err
		}
	}
	return a, checkAttendees(a.Attendees)
}

func checkAttendees(list []Attendee) error {
	if len(list) > maxPeople {
		return fault.New(fault.Invalid, "attendees", "Expected at most %d, got %d.", maxPeople, len(list))
	}
	for _, t := range list {
		if a, err := mail.ParseAddress(t.Email); err != nil || a.Address != t.Email {
			return fault.New(fault.Invalid, "attendees", "Expected an email address such as ann@example.com of each, got %q.", t.Email)
		}
		if err := cmp.Or(short("attendees", t.Name), short("attendees", t.Status), short("attendees", t.Email)); err != nil {
			return err
		}
	}
	return nil
}

// people are the participants that p makes of those that there were, and the main
// one: participants replace all, person_id replaces the main one.
// spec: rest.activities.participants
func (p ActivityPatch) people(was Activity) ([]Participant, int64, error) {
	list, named := was.Participants, was.Person
	if p.Person != nil {
		named = *p.Person
	}
	switch {
	case p.Participants != nil:
		list = slices.Clone(*p.Participants)
		if p.Person == nil {
			named = 0
		}
	case p.Person != nil && named != was.Person:
		list = slices.DeleteFunc(slices.Clone(list), func(t Participant) bool { return t.Person == was.Person })
	}
	if len(list) > maxPeople {
		return nil, 0, fault.New(fault.Invalid, "participants", "Expected at most %d, got %d.", maxPeople, len(list))
	}
	flagged, err := mainOf(list)
	if err != nil {
		return nil, 0, err
	}
	if p.Participants != nil && named != 0 && flagged != 0 && named != flagged {
		return nil, 0, fault.New(fault.Invalid, "person_id", "Expected the primary one of participants, %d, got %d. Leave one of the two out.", flagged, named)
	}
	if named == 0 {
		named = flagged
	}
	if named == 0 && len(list) > 0 {
		named = list[0].Person
	}
	if named != 0 && !slices.ContainsFunc(list, func(t Participant) bool { return t.Person == named }) {
		list = append([]Participant{{Person: named}}, list...)
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Primary = list[i].Person == named
	}
	return list, named, nil
}

// mainOf is the participant marked as the main one, 0 if none is.
func mainOf(list []Participant) (int64, error) {
	var found int64
	seen := map[int64]bool{}
	for _, t := range list {
		if t.Person <= 0 {
			return 0, fault.New(fault.Invalid, "participants", "Expected a person_id in each, got %d.", t.Person)
		}
		if seen[t.Person] {
			return 0, fault.New(fault.Invalid, "participants", "Expected each person once, got %d twice.", t.Person)
		}
		seen[t.Person] = true
		if t.Primary && found != 0 {
			return 0, fault.New(fault.Invalid, "participants", "Expected one primary participant at most, got %d and %d.", found, t.Person)
		}
		if t.Primary {
			found = t.Person
		}
	}
	return found, nil
}

// checkActivityRefs refuses references to what is not there.
func (s *Service) checkActivityRefs(tx *store.Tx, c route.Caller, was, a Activity) error {
	if a.Owner <= 0 {
		return fault.New(fault.Invalid, "owner_id", "Expected a user of this company, got %d.", a.Owner)
	}
	if a.Owner != was.Owner {
		if err := s.existsUser(tx, "owner_id", a.Owner); err != nil {
			return err
		}
	}
	for _, r := range []struct {
		field, kind string
		was, id     any
	}{
		{"person_id", KindPerson, null(was.Person), null(a.Person)},
		{"org_id", KindOrganization, null(was.Organization), null(a.Organization)},
		{"deal_id", KindDeal, null(was.Deal), null(a.Deal)},
		{"lead_id", KindLead, null(was.Lead), null(a.Lead)},
	} {
		if r.id == nil || r.id == r.was {
			continue
		}
		if err := s.refers(tx, c, r.field, r.kind, r.id); err != nil {
			return err
		}
	}
	return s.checkPeople(tx, c, was, a)
}

// checkPeople refuses participants and attendees who are not there, with one query
// for all persons.
func (s *Service) checkPeople(tx *store.Tx, c route.Caller, was, a Activity) error {
	known := map[int64]bool{0: true}
	for _, p := range was.Participants {
		known[p.Person] = true
	}
	users := map[int64]bool{0: true}
	for _, t := range was.Attendees {
		known[t.Person], users[t.User] = true, true
	}
	var ask []any
	for _, p := range a.Participants {
		ask = append(ask, p.Person)
	}
	for _, t := range a.Attendees {
		ask = append(ask, t.Person)
		if !users[t.User] {
			if err := s.existsUser(tx, "attendees", t.User); err != nil {
				return err
			}
			users[t.User] = true
		}
	}
	ask = slices.DeleteFunc(ask, func(id any) bool { return known[id.(int64)] })
	if len(ask) == 0 {
		return nil
	}
	var q finding
	q.and("r.id IN ("+places(len(ask))+")", ask...)
	q.visibleOrFollowed(c, "r", KindPerson)
	there, err := store.Select(tx, store.Value[int64], `SELECT r.id FROM records_person r WHERE r.company_id = @company AND NOT r.deleted`+q.where.String(), q.args...)
	if err != nil {
		return err
	}
	for _, id := range ask {
		if !slices.Contains(there, id.(int64)) {
			return fault.New(fault.Invalid, "participants", "Expected existing persons, got %d, who does not exist.", id)
		}
	}
	return nil
}
