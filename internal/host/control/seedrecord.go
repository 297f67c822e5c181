package control

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
)

// labelledKinds are the kinds of records that have labels by name.
var labelledKinds = []string{records.KindPerson, records.KindOrganization, records.KindDeal}

// recordLabels makes the labels of persons, organizations and deals, and learns
// the ids of all that there are then.
func (d *seeder) recordLabels() error {
	said := map[string][]records.Option{}
	line := map[string]int{}
	for _, b := range d.plan.Labels {
		if !slices.Contains(labelledKinds, b.Of) {
			return at(b.Line, "of", "Expected person, organization or deal, got %q.", b.Of)
		}
		said[b.Of], line[b.Of] = append(said[b.Of], records.Option{Label: b.Name, Color: cmp.Or(b.Color, "gray")}), b.Line
	}
	for _, of := range labelledKinds {
		if list := said[of]; list != nil {
			if err := d.s.o.Records.AddLabels(d.tx, of, list, d.plan.Existing); err != nil {
				return onLine(line[of], err)
			}
		}
		list, err := d.s.o.Records.LabelsIn(d.tx, of)
		if err != nil {
			return err
		}
		for _, o := range list {
			d.labelled[fieldRef{of, o.Label}] = o.ID
		}
	}
	return nil
}

// labelIDs are labels by their names.
func (d *seeder) labelIDs(line int, of string, names []string) ([]int64, error) {
	var out []int64
	for _, name := range names {
		id, ok := d.labelled[fieldRef{of, name}]
		if !ok {
			return nil, at(line, "labels", "There is no label %q of %ss; add it to the list labels.", name, of)
		}
		out = append(out, id)
	}
	return out, nil
}

func (d *seeder) followers(line int, of string, id int64, refs []string, when time.Time) error {
	for _, ref := range refs {
		user, err := refer[int64](d, line, "followers", "users", ref)
		if err != nil {
			return err
		}
		if err := d.s.o.Records.AddFollower(d.tx, d.as, of, id, user, when); err != nil {
			return onLine(line, err)
		}
	}
	return nil
}

// moreOfDeal reads what of a deal does not matter to most tests.
func (d *seeder) moreOfDeal(x deal, n *records.Deal, when time.Time) (err error) {
	n.VisibleTo, n.Origin, n.OriginID, n.Channel, n.ChannelID = int64(x.VisibleTo), x.Origin, x.OriginID, int64(x.Channel), x.ChannelID
	n.Archived = x.Archived != ""
	if x.SourceLead != "" {
		if n.Lead, err = chosenID(x.Line, x.SourceLead, ""); err != nil {
			return err
		}
	}
	if x.Probability != "" {
		p, err := strconv.Atoi(string(x.Probability))
		if err != nil {
			return at(x.Line, "probability", "Expected a whole number, got %q.", string(x.Probability))
		}
		n.Probability = &p
	}
	if n.Creator, err = refer[int64](d, x.Line, "creator", "users", x.Creator); err != nil {
		return err
	}
	if n.Labels, err = d.labelIDs(x.Line, records.KindDeal, x.Labels); err != nil {
		return err
	}
	if n.Custom, err = d.custom(x.Line, records.KindDeal, x.Custom); err != nil {
		return err
	}
	if err := d.moments(x.Line, []moment{
		{"stage_changed", x.StageChanged, &n.StageChangedAt}, {"closed", x.Closed, &n.ClosedAt}, {"won", x.Won, &n.WonAt}, {"first_won", x.FirstWon, &n.FirstWonAt},
		{"lost", x.Lost, &n.LostAt}, {"archived", x.Archived, &n.ArchivedAt}, {"updated", x.Updated, &n.UpdatedAt},
	}); err != nil {
		return err
	}
	if n.StageChangedAt.IsZero() {
		n.StageChangedAt = when
	}
	if closed := n.Status == records.StatusWon || n.Status == records.StatusLost; closed && n.ClosedAt.IsZero() {
		n.ClosedAt = when
	}
	return nil
}

// moment is an instant of a file and where it goes.
type moment struct {
	field, said string
	to          *time.Time
}

func (d *seeder) moments(line int, list []moment) (err error) {
	for _, m := range list {
		if *m.to, err = d.moment(line, m.field, m.said); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) peopleOfDeal(x deal, made records.Deal, when time.Time) error {
	for _, ref := range x.Participants {
		p, err := refer[int64](d, x.Line, "participants", "persons", ref)
		if err != nil {
			return err
		}
		if err := d.s.o.Records.AddParticipants(d.tx, d.as, made.ID, p); err != nil {
			return onLine(x.Line, err)
		}
	}
	return d.followers(x.Line, records.KindDeal, made.ID, x.Followers, when)
}

func (d *seeder) moreOfLead(x lead, n *records.Lead) (err error) {
	n.VisibleTo, n.Origin, n.OriginID, n.Channel, n.ChannelID = int64(x.VisibleTo), x.Origin, x.OriginID, int64(x.Channel), x.ChannelID
	if n.Creator, err = refer[int64](d, x.Line, "creator", "users", x.Creator); err != nil {
		return err
	}
	if n.Custom, err = d.custom(x.Line, records.KindDeal, x.Custom); err != nil {
		return err
	}
	if err := d.moments(x.Line, []moment{{"archived_at", x.ArchivedAt, &n.ArchivedAt}, {"updated", x.Updated, &n.UpdatedAt}}); err != nil {
		return err
	}
	if n.Archived && n.ArchivedAt.IsZero() {
		n.ArchivedAt = d.plan.now
	}
	return nil
}

func (d *seeder) moreOfNote(x note, n *records.Note) (err error) {
	for _, to := range x.Pinned {
		switch to {
		case records.KindPerson:
			n.Pinned.Person = true
		case records.KindOrganization:
			n.Pinned.Organization = true
		case records.KindDeal:
			n.Pinned.Deal = true
		case records.KindLead:
			n.Pinned.Lead = true
		default:
			return at(x.Line, "pinned", "Expected person, organization, deal or lead, got %q.", to)
		}
	}
	if n.Updater, err = refer[int64](d, x.Line, "updater", "users", x.Updater); err != nil {
		return err
	}
	n.UpdatedAt, err = d.moment(x.Line, "updated", x.Updated)
	return err
}

// next is the next of the ids that were made before the transaction.
func (d *seeder) next() string {
	d.used++
	return d.plan.made[d.used-1]
}

func (d *seeder) comments(of note, id int64, after time.Time) error {
	for _, x := range of.Comments {
		m := records.Comment{Note: id, Content: x.Content}
		var err error
		if m.ID, err = chosenID(x.Line, x.ID, d.next()); err != nil {
			return err
		}
		if m.Author, err = d.owner(x.Line, "author", x.Author); err != nil {
			return err
		}
		if m.Updater, err = refer[int64](d, x.Line, "updater", "users", x.Updater); err != nil {
			return err
		}
		when := after
		if x.Added != "" {
			if when, err = d.added(x.Line, x.Added); err != nil {
				return err
			}
		}
		if m.UpdatedAt, err = d.moment(x.Line, "updated", x.Updated); err != nil {
			return err
		}
		if err := d.s.o.Records.AddComment(d.tx, d.as, m, when); err != nil {
			return onLine(x.Line, err)
		}
	}
	return nil
}
