package control

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// maxExported is how many bytes of a file or a recording an export holds at most;
// what is larger comes back empty, or without its recording.
const maxExported = 1 << 20

// later is when something was changed, if not when it was added.
func later(added, updated time.Time) string {
	if added.Equal(updated) {
		return ""
	}
	return instant(updated)
}

// orNever is an instant, empty for none.
func orNever(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t)
}

// other is the ref of a user who is not the one who is meant without it.
func (x *exporter) other(id, usual int64) string {
	if id == usual {
		return ""
	}
	return x.names["users"][id]
}

// recordLabels writes the labels of records that are not those that every company
// begins with.
func (x *exporter) recordLabels(b records.Book) {
	for _, of := range labelledKinds {
		same := func(a, b records.Option) bool { return a.Label == b.Label && a.Color == b.Color }
		if slices.EqualFunc(b.RecordLabels[of], records.StandardLabels(of), same) {
			continue
		}
		for _, o := range b.RecordLabels[of] {
			x.out.Labels = append(x.out.Labels, recordLabel{Of: of, Name: o.Label, Color: o.Color})
		}
	}
}

// labelNames are labels of a record that were not deleted.
func (x *exporter) labelNames(b records.Book, of string, ids []int64) (out []string) {
	for _, id := range ids {
		if i := slices.IndexFunc(b.RecordLabels[of], func(o records.Option) bool { return o.ID == id }); i >= 0 {
			out = append(out, b.RecordLabels[of][i].Label)
		}
	}
	return out
}

func (x *exporter) followers(b records.Book, of string, id int64) (out []string) {
	for _, user := range b.Followers[records.Link{Kind: of, ID: strconv.FormatInt(id, 10)}] {
		if ref := x.names["users"][user]; ref != "" {
			out = append(out, ref)
		}
	}
	return out
}

func (x *exporter) deal(b records.Book, d records.Deal) deal {
	out := deal{
		Ref: x.name("deals", "deal", d.ID), Title: d.Title, Value: amount(d.Value.Decimal()), Currency: d.Value.Currency,
		Stage: x.names["stages"][d.Stage.ID], Person: x.names["persons"][d.Person.ID], Organization: x.names["organizations"][d.Organization.ID],
		Owner: x.owner(d.Owner), Status: d.Status, LostReason: d.LostReason, ExpectedClose: d.ExpectedClose, VisibleTo: visibility(d.VisibleTo),
		Creator: x.other(d.Creator, d.Owner), Origin: d.Origin, OriginID: d.OriginID, Channel: int(d.Channel), ChannelID: d.ChannelID, SourceLead: d.Lead,
		StageChanged: later(d.AddedAt, d.StageChangedAt), Closed: orNever(d.ClosedAt), Won: orNever(d.WonAt), FirstWon: orNever(d.FirstWonAt), Lost: orNever(d.LostAt),
		Labels: x.labelNames(b, records.KindDeal, d.Labels), Custom: x.custom(d.Custom), Followers: x.followers(b, records.KindDeal, d.ID),
		Added: instant(d.AddedAt), Updated: later(d.AddedAt, d.UpdatedAt),
	}
	if d.Archived {
		out.Archived = instant(d.ArchivedAt)
	}
	if d.Probability != nil {
		out.Probability = amount(strconv.Itoa(*d.Probability))
	}
	for _, p := range b.Participants[d.ID] {
		if ref := x.names["persons"][p]; ref != "" && p != d.Person.ID {
			out.Participants = append(out.Participants, ref)
		}
	}
	return out
}

func (x *exporter) note(b records.Book, n records.Note) note {
	out := note{
		Content: n.Content, Author: x.owner(n.Author), Person: x.names["persons"][n.Person], Organization: x.names["organizations"][n.Organization],
		Deal: x.names["deals"][n.Deal], Lead: x.names["leads"][n.Lead], Updater: x.names["users"][n.Updater], Added: instant(n.AddedAt), Updated: later(n.AddedAt, n.UpdatedAt),
	}
	for _, pin := range []struct {
		is     bool
		to, on string
	}{
		{n.Pinned.Person, records.KindPerson, out.Person}, {n.Pinned.Organization, records.KindOrganization, out.Organization},
		{n.Pinned.Deal, records.KindDeal, out.Deal}, {n.Pinned.Lead, records.KindLead, out.Lead},
	} {
		if pin.is && pin.on != "" {
			out.Pinned = append(out.Pinned, pin.to)
		}
	}
	for _, m := range b.Comments[n.ID] {
		out.Comments = append(out.Comments, comment{
			ID: m.ID, Content: m.Content, Author: x.owner(m.Author), Updater: x.names["users"][m.Updater], Added: instant(m.AddedAt), Updated: later(m.AddedAt, m.UpdatedAt),
		})
	}
	return out
}

// activityTypes writes all types, in their order, once one of them is not as every
// company's are at first.
func (x *exporter) activityTypes(list []records.ActivityType) {
	if !slices.ContainsFunc(list, func(t records.ActivityType) bool { return t.Custom || t.Deleted || !t.UpdatedAt.Equal(t.AddedAt) }) {
		return
	}
	for _, t := range list {
		x.out.ActivityTypes = append(x.out.ActivityTypes, activityType{
			Key: t.Key, Name: t.Name, Icon: t.Icon, Color: t.Color, Place: int(t.Position), Deleted: t.Deleted,
		})
	}
}

func (x *exporter) activities(list []records.Activity) {
	for _, a := range list {
		out := activity{
			Ref: x.name("activities", "activity", a.ID), Subject: a.Subject, Type: a.Type, Due: a.DueDate, DueTime: a.DueTime, Duration: a.Duration, Busy: a.Busy,
			Done: a.Done, DoneAt: orNever(a.DoneAt), Priority: int(a.Priority), Organization: x.names["organizations"][a.Organization], Deal: x.names["deals"][a.Deal],
			Lead: x.names["leads"][a.Lead], Location: a.Location, LocationParts: a.LocationParts, PublicDescription: a.PublicDescription, Note: a.Note,
			MeetingClient: a.Meeting.Client, MeetingURL: a.Meeting.URL, MeetingID: a.Meeting.ID, Owner: x.owner(a.Owner), Creator: x.other(a.Creator, a.Owner),
			Updater: x.names["users"][a.Updater], Added: instant(a.AddedAt), Updated: later(a.AddedAt, a.UpdatedAt),
		}
		for i, p := range a.Participants {
			ref := x.names["persons"][p.Person]
			if ref == "" {
				continue
			}
			if out.Participants = append(out.Participants, ref); p.Primary && i > 0 {
				out.Person = ref
			}
		}
		for _, t := range a.Attendees {
			out.Attendees = append(out.Attendees, attendee{
				Email: t.Email, Name: t.Name, Status: t.Status, Organizer: t.Organizer, Person: x.names["persons"][t.Person], User: x.names["users"][t.User],
			})
		}
		x.out.Activities = append(x.out.Activities, out)
	}
}

func (x *exporter) calls(tx *store.Tx, list []records.Call) error {
	for _, k := range list {
		out := callLog{
			ID: k.ID, Subject: k.Subject, Outcome: k.Outcome, From: k.From, To: k.To, Started: instant(k.StartedAt), Ended: instant(k.EndedAt), Duration: k.Duration,
			Note: k.Note, User: x.owner(k.User), Activity: x.names["activities"][k.Activity], Person: x.names["persons"][k.Person],
			Organization: x.names["organizations"][k.Organization], Deal: x.names["deals"][k.Deal], Lead: x.names["leads"][k.Lead],
			Added: instant(k.AddedAt), Updated: later(k.AddedAt, k.UpdatedAt),
		}
		rec, err := x.s.o.Records.RecordingIn(tx, k, maxExported)
		if err != nil {
			return err
		}
		if rec != nil {
			out.Recording = &recording{Name: rec.Name, Type: rec.Type, Content: base64.StdEncoding.EncodeToString(rec.Bytes)}
		}
		x.out.Calls = append(x.out.Calls, out)
	}
	return nil
}

func (x *exporter) files(tx *store.Tx, list []records.File) error {
	for _, f := range list {
		bytes, err := x.s.o.Records.FileIn(tx, f, maxExported)
		if err != nil {
			return err
		}
		x.out.Files = append(x.out.Files, upload{
			Ref: x.name("files", "file", f.ID), Name: f.Name, FileName: f.FileName, Type: f.Type, Description: f.Description,
			Content: base64.StdEncoding.EncodeToString(bytes), RemoteLocation: f.RemoteLocation, RemoteID: f.RemoteID, User: x.owner(f.User),
			Person: x.names["persons"][f.Person.ID], Organization: x.names["organizations"][f.Organization.ID], Deal: x.names["deals"][f.Deal.ID],
			Lead: x.names["leads"][f.Lead.ID], Activity: x.names["activities"][f.Activity], Added: instant(f.AddedAt), Updated: later(f.AddedAt, f.UpdatedAt),
		})
	}
	return nil
}
