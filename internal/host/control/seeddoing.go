package control

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
)

func (d *seeder) activityTypes() error {
	for _, t := range d.plan.ActivityTypes {
		if t.Key == "" {
			return at(t.Line, "key", "Expected the key by which activities name it, got none.")
		}
		err := d.s.o.Records.AddActivityType(d.tx, d.as, records.ActivityType{
			Key: t.Key, Name: t.Name, Icon: cmp.Or(t.Icon, "task"), Color: t.Color, Position: int64(t.Place), Deleted: t.Deleted,
		}, d.plan.now)
		if err != nil {
			return onLine(t.Line, err)
		}
	}
	return nil
}

// on are refs of records that something hangs on.
type on struct{ person, organization, deal, lead string }

// hang finds the records of refs.
func (d *seeder) hang(line int, refs on) (person, organization, deal int64, lead string, err error) {
	if person, err = refer[int64](d, line, "person", "persons", refs.person); err != nil {
		return 0, 0, 0, "", err
	}
	if organization, err = refer[int64](d, line, "organization", "organizations", refs.organization); err != nil {
		return 0, 0, 0, "", err
	}
	if deal, err = refer[int64](d, line, "deal", "deals", refs.deal); err != nil {
		return 0, 0, 0, "", err
	}
	lead, err = refer[string](d, line, "lead", "leads", refs.lead)
	return person, organization, deal, lead, err
}

func (d *seeder) activities() error {
	for _, x := range d.plan.Activities {
		n := records.Activity{
			Subject: x.Subject, Type: x.Type, DueDate: x.Due, DueTime: x.DueTime, Duration: x.Duration, Busy: x.Busy, Done: x.Done, Priority: int64(x.Priority),
			Location: x.Location, LocationParts: x.LocationParts, PublicDescription: x.PublicDescription, Note: x.Note,
			Meeting: records.Meeting{Client: x.MeetingClient, URL: x.MeetingURL, ID: x.MeetingID},
		}
		var main int64
		var err error
		if main, n.Organization, n.Deal, n.Lead, err = d.hang(x.Line, on{x.Person, x.Organization, x.Deal, x.Lead}); err != nil {
			return err
		}
		if err := d.peopleOf(x, &n, main); err != nil {
			return err
		}
		if n.Owner, err = d.owner(x.Line, "owner", x.Owner); err != nil {
			return err
		}
		if n.Creator, err = refer[int64](d, x.Line, "creator", "users", x.Creator); err != nil {
			return err
		}
		if n.Updater, err = refer[int64](d, x.Line, "updater", "users", x.Updater); err != nil {
			return err
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if err := d.moments(x.Line, []moment{{"done_at", x.DoneAt, &n.DoneAt}, {"updated", x.Updated, &n.UpdatedAt}}); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddActivity(d.tx, d.as, n, when)
		if err != nil {
			return onLine(x.Line, err)
		}
		if err := d.name(x.Line, "activities", x.Ref, made.ID); err != nil {
			return err
		}
	}
	return nil
}

// peopleOf reads the participants and attendees of an activity.
func (d *seeder) peopleOf(x activity, n *records.Activity, main int64) error {
	for _, ref := range x.Participants {
		id, err := refer[int64](d, x.Line, "participants", "persons", ref)
		if err != nil {
			return err
		}
		n.Participants = append(n.Participants, records.Participant{Person: id, Primary: id == main})
		if id == main {
			main = 0
		}
	}
	if main != 0 {
		n.Participants = append([]records.Participant{{Person: main, Primary: true}}, n.Participants...)
	}
	for _, t := range x.Attendees {
		a := records.Attendee{Email: t.Email, Name: t.Name, Status: t.Status, Organizer: t.Organizer}
		var err error
		if a.Person, err = refer[int64](d, t.Line, "person", "persons", t.Person); err != nil {
			return err
		}
		if a.User, err = refer[int64](d, t.Line, "user", "users", t.User); err != nil {
			return err
		}
		n.Attendees = append(n.Attendees, a)
	}
	return nil
}

var callForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (d *seeder) calls() error {
	for _, x := range d.plan.Calls {
		n := records.Call{
			ID: strings.ReplaceAll(d.next(), "-", ""), Subject: x.Subject, Outcome: x.Outcome, From: x.From, To: x.To, Duration: x.Duration, Note: x.Note,
		}
		if x.ID != "" {
			if n.ID = x.ID; !callForm.MatchString(x.ID) {
				return at(x.Line, "id", "Expected 32 hex digits, got %q.", x.ID)
			}
		}
		var err error
		if n.Person, n.Organization, n.Deal, n.Lead, err = d.hang(x.Line, on{x.Person, x.Organization, x.Deal, x.Lead}); err != nil {
			return err
		}
		if n.User, err = d.owner(x.Line, "user", x.User); err != nil {
			return err
		}
		if n.Activity, err = refer[int64](d, x.Line, "activity", "activities", x.Activity); err != nil {
			return err
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if err := d.moments(x.Line, []moment{{"started", x.Started, &n.StartedAt}, {"ended", x.Ended, &n.EndedAt}, {"updated", x.Updated, &n.UpdatedAt}}); err != nil {
			return err
		}
		rec, err := x.Recording.bytes()
		if err != nil {
			return err
		}
		if _, err := d.s.o.Records.AddCall(d.tx, d.as, n, rec, when); err != nil {
			return onLine(x.Line, err)
		}
	}
	return nil
}

// bytes is what was recorded, nil if nothing was.
func (r *recording) bytes() (*records.Recording, error) {
	if r == nil {
		return nil, nil
	}
	if r.Name == "" || r.Type == "" {
		return nil, at(r.Line, "recording", "Expected a name and a media type such as audio/mpeg, got %q and %q.", r.Name, r.Type)
	}
	raw, err := unpacked(r.Line, "recording.content", r.Content)
	return &records.Recording{Name: r.Name, Type: r.Type, Bytes: raw}, err
}

func unpacked(line int, field, content string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
	if err != nil {
		return nil, at(line, field, "Expected base64: %s.", err)
	}
	return raw, nil
}

func (d *seeder) files() error {
	for _, x := range d.plan.Files {
		n := records.File{
			Name: x.Name, FileName: x.FileName, Type: x.Type, Description: x.Description, RemoteLocation: x.RemoteLocation, RemoteID: x.RemoteID,
		}
		var err error
		if n.Person.ID, n.Organization.ID, n.Deal.ID, n.Lead.ID, err = d.hang(x.Line, on{x.Person, x.Organization, x.Deal, x.Lead}); err != nil {
			return err
		}
		if n.User, err = d.owner(x.Line, "user", x.User); err != nil {
			return err
		}
		if n.Activity, err = refer[int64](d, x.Line, "activity", "activities", x.Activity); err != nil {
			return err
		}
		if n.RemoteLocation != "" && x.Content != "" {
			return at(x.Line, "content", "Expected no content of a file that %s keeps.", x.RemoteLocation)
		}
		raw, err := unpacked(x.Line, "content", x.Content)
		if err != nil {
			return err
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if n.UpdatedAt, err = d.moment(x.Line, "updated", x.Updated); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddFile(d.tx, d.as, n, raw, when)
		if err != nil {
			return onLine(x.Line, err)
		}
		if err := d.name(x.Line, "files", x.Ref, made.ID); err != nil {
			return err
		}
	}
	return nil
}
