package crm

import (
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
)

// activityPatch reads the body of an activity in either version. What cannot be
// written, such as the fields of a video call, version 1 leaves out silently and
// version 2 refuses.
// spec: rest.activities.meeting-read-only
func activityPatch(c *rest.Call) (records.ActivityPatch, error) {
	b, err := c.Body()
	if err != nil {
		return records.ActivityPatch{}, err
	}
	p := records.ActivityPatch{
		Subject: b.String("subject"), Type: b.String("type"), Deal: b.Int("deal_id"), Lead: b.UUID("lead_id"), Person: b.Int("person_id"),
		Organization: b.Int("org_id"), DueDate: b.Day("due_date"), DueTime: b.String("due_time"), Duration: b.String("duration"),
		Done: b.Bool("done"), PublicDescription: b.String("public_description"), Note: b.String("note"),
	}
	noProject(b)
	if c.Version == rest.V1 {
		p.Owner, p.Location = b.Int("user_id"), b.String("location")
		p.Busy = busyWord(b, "busy_flag")
	} else {
		p.Owner, p.Priority = b.Int("owner_id"), b.Int("priority")
		p.Busy = busyWord(b, "busy")
		readLocation(b, &p)
	}
	p.Participants, p.Attendees = readParticipants(b), readAttendees(b)
	return p, b.Done()
}

// busyWord is whether the activity takes its owner's time; null is neither.
func busyWord(b *rest.Body, name string) *string {
	null := b.IsNull(name)
	is := b.Bool(name)
	if is == nil {
		return nil
	}
	word := records.Free
	switch {
	case null:
		word = ""
	case *is:
		word = records.Busy
	}
	return &word
}

// readLocation is the object location of version 2; its parts replace all that
// were there.
func readLocation(b *rest.Body, p *records.ActivityPatch) {
	o := b.Object("location")
	if o == nil {
		return
	}
	value := ""
	if v := o.String("value"); v != nil {
		value = *v
	}
	parts := map[string]string{}
	for _, name := range records.AddressParts {
		if v := o.String(name); v != nil && *v != "" {
			parts[name] = *v
		}
	}
	if value == "" && len(parts) > 0 {
		o.Wrong("value", "Expected the location on one line beside its parts, got none.")
	}
	p.Location, p.LocationParts = &value, &parts
	_ = o.Done() // what is wrong with it is remembered in b
}

// readParticipants reads participants with the keys of either version.
func readParticipants(b *rest.Body) *[]records.Participant {
	list := b.Objects("participants")
	if list == nil {
		return nil
	}
	out := []records.Participant{}
	for _, o := range *list {
		var p records.Participant
		if id := o.Int("person_id"); id != nil {
			p.Person = *id
		}
		for _, name := range []string{"primary", "primary_flag"} {
			if is := o.Bool(name); is != nil {
				p.Primary = p.Primary || *is
			}
		}
		out = append(out, p)
		_ = o.Done()
	}
	return &out
}

// readAttendees reads attendees with the keys of either version.
func readAttendees(b *rest.Body) *[]records.Attendee {
	list := b.Objects("attendees")
	if list == nil {
		return nil
	}
	out := []records.Attendee{}
	for _, o := range *list {
		var t records.Attendee
		for to, names := range map[*string][]string{&t.Email: {"email", "email_address"}, &t.Name: {"name"}, &t.Status: {"status"}} {
			for _, name := range names {
				if v := o.String(name); v != nil && *v != "" {
					*to = *v
				}
			}
		}
		if is := o.Bool("is_organizer"); is != nil {
			t.Organizer = *is
		}
		if id := o.Int("person_id"); id != nil {
			t.Person = *id
		}
		if id := o.Int("user_id"); id != nil {
			t.User = *id
		}
		out = append(out, t)
		_ = o.Done()
	}
	return &out
}
