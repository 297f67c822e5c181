package records

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// KindActivityType is the kind of kinds of activities, in history and events.
const KindActivityType = "activityType"

// ActivityType is a kind of activity.
type ActivityType struct {
	ID                 int64
	Key                string // what activities name it by; it never changes
	Name               string
	Icon               string // one of ActivityIcons
	Color              string // six hexadecimal digits, or empty
	Position           int64  // in lists, from 1
	Custom             bool   // made by the company
	Deleted            bool   // no new activity may have it
	AddedAt, UpdatedAt time.Time
}

// ActivityTypePatch changes a type: nil leaves alone, the zero value clears.
type ActivityTypePatch struct {
	Name, Icon, Color *string
	Position          *int64
}

// defaultActivityTypes are those that every company begins with.
// spec: rest.activity-types.default
var defaultActivityTypes = []ActivityType{
	{Key: "call", Name: "Call", Icon: "call"},
	{Key: "meeting", Name: "Meeting", Icon: "meeting"},
	{Key: "task", Name: "Task", Icon: "task"},
	{Key: "deadline", Name: "Deadline", Icon: "deadline"},
	{Key: "email", Name: "Email", Icon: "email"},
	{Key: "lunch", Name: "Lunch", Icon: "lunch"},
}

// ActivityIcons are the signs that a type can have.
var ActivityIcons = []string{
	"task", "email", "meeting", "deadline", "call", "lunch", "calendar", "downarrow", "document", "smartphone", "camera", "scissors",
	"cogs", "bubble", "uparrow", "checkbox", "signpost", "shuffle", "addressbook", "linegraph", "picture", "car", "world", "search",
	"clip", "sound", "brush", "key", "padlock", "pricetag", "suitcase", "finish", "plane", "loop", "wifi", "truck", "cart", "bulb",
	"bell", "presentation",
}

const selectActivityType = `SELECT id, key_string, name, icon, color, position, custom, deleted, added_at, updated_at
	FROM records_activity_type WHERE company_id = @company`

func scanActivityType(sc store.Scanner) (t ActivityType, err error) {
	var added, updated int64
	err = sc.Scan(&t.ID, &t.Key, &t.Name, &t.Icon, &t.Color, &t.Position, &t.Custom, &t.Deleted, &added, &updated)
	t.AddedAt, t.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return t, err
}

func readActivityTypes(tx *store.Tx) ([]ActivityType, error) {
	return store.Select(tx, scanActivityType, selectActivityType+` ORDER BY position, id`)
}

// ActivityTypes lists the types in their order, deleted ones too: activities go
// on having them.
func (s *Service) ActivityTypes(ctx context.Context, c route.Caller) (list []ActivityType, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		list, err = readActivityTypes(tx)
		return err
	})
	if err != nil || len(list) > 0 {
		return list, err
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		list, err = ensureActivityTypes(tx)
		return err
	})
	return list, err
}

// ensureActivityTypes reads the types of the company, and gives it the default
// ones when it has none yet.
func ensureActivityTypes(tx *store.Tx) ([]ActivityType, error) {
	list, err := readActivityTypes(tx)
	if err != nil || len(list) > 0 {
		return list, err
	}
	// Counting holds the company's counter, so that of two at the same time one
	// waits here and then finds the types of the other.
	id, err := tx.NextID(KindActivityType)
	if err != nil {
		return nil, err
	}
	if list, err = readActivityTypes(tx); err != nil || len(list) > 0 {
		return list, err
	}
	for i, t := range defaultActivityTypes {
		if i > 0 {
			if id, err = tx.NextID(KindActivityType); err != nil {
				return nil, err
			}
		}
		t.ID, t.Position, t.AddedAt, t.UpdatedAt = id, int64(i+1), tx.Now(), tx.Now()
		if err := insertActivityType(tx, t); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func insertActivityType(tx *store.Tx, t ActivityType) error {
	_, err := tx.Exec(`INSERT INTO records_activity_type (company_id, id, key_string, name, icon, color, position, custom, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		t.ID, t.Key, t.Name, t.Icon, t.Color, t.Position, t.Custom, clock.Micros(t.AddedAt), clock.Micros(t.UpdatedAt))
	return err
}

var colorForm = regexp.MustCompile(`^[0-9A-Fa-f]{6}$`)

func checkActivityType(t ActivityType, others []ActivityType) (ActivityType, error) {
	var err error
	if t.Name, err = title("name", t.Name); err != nil {
		return t, err
	}
	t.Color = strings.ToUpper(strings.TrimPrefix(t.Color, "#"))
	switch {
	case !slices.Contains(ActivityIcons, t.Icon):
		return t, fault.New(fault.Invalid, "icon_key", "Expected one of %s, got %q.", strings.Join(ActivityIcons, ", "), t.Icon)
	case t.Color != "" && !colorForm.MatchString(t.Color):
		return t, fault.New(fault.Invalid, "color", "Expected six hexadecimal digits such as FFFFFF, got %q.", t.Color)
	case t.Position < 0 || t.Position > 10_000:
		return t, fault.New(fault.Invalid, "order_nr", "Expected a whole number from 0 to 10000, got %d.", t.Position)
	}
	for _, o := range others {
		if o.ID != t.ID && !o.Deleted && fold(o.Name) == fold(t.Name) {
			return t, fault.New(fault.Invalid, "name", "There is an activity type %q already; choose another name.", o.Name)
		}
	}
	return t, nil
}

// CreateActivityType adds a type of the company's own; its key is made from its
// name.
func (s *Service) CreateActivityType(ctx context.Context, c route.Caller, t ActivityType) (ActivityType, error) {
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		list, err := ensureActivityTypes(tx)
		if err != nil {
			return err
		}
		made, err := checkActivityType(t, list)
		if err != nil {
			return err
		}
		if made.ID, err = tx.NextID(KindActivityType); err != nil {
			return err
		}
		made.Key, made.Custom, made.AddedAt, made.UpdatedAt = freeKey(made.Name, list), true, tx.Now(), tx.Now()
		if made.Position == 0 {
			made.Position = list[len(list)-1].Position + 1
		}
		if err := insertActivityType(tx, made); err != nil {
			return err
		}
		t = made
		return s.changed(tx, c, change{entity: KindActivityType, id: strconv.FormatInt(t.ID, 10), action: Added, after: t})
	})
	return t, err
}

// freeKey makes "site_visit" of "Site visit", with a number behind it when that is
// taken.
func freeKey(name string, taken []ActivityType) string {
	key := strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "_")
	if key == "" {
		key = "type"
	}
	for n := 1; ; n++ {
		try := key
		if n > 1 {
			try += "_" + strconv.Itoa(n)
		}
		if !slices.ContainsFunc(taken, func(t ActivityType) bool { return t.Key == try }) {
			return try
		}
	}
}

// UpdateActivityType changes what p says.
func (s *Service) UpdateActivityType(ctx context.Context, c route.Caller, id int64, p ActivityTypePatch) (t ActivityType, err error) {
	err = s.withActivityTypes(ctx, c, []int64{id}, func(tx *store.Tx, all, these []ActivityType) error {
		t = these[0]
		set(&t.Name, p.Name)
		set(&t.Icon, p.Icon)
		set(&t.Color, p.Color)
		set(&t.Position, p.Position)
		if t, err = checkActivityType(t, all); err != nil {
			return err
		}
		t.UpdatedAt = tx.Now()
		return s.writeActivityType(tx, c, these[0], t, Updated)
	})
	return t, err
}

// DeleteActivityTypes takes types off the choice, all or none. Activities that
// have them keep them.
func (s *Service) DeleteActivityTypes(ctx context.Context, c route.Caller, ids ...int64) error {
	return s.withActivityTypes(ctx, c, ids, func(tx *store.Tx, all, these []ActivityType) error {
		left := 0
		for _, t := range all {
			if !t.Deleted && !slices.Contains(ids, t.ID) {
				left++
			}
		}
		if left == 0 {
			return fault.New(fault.Invalid, "ids", "Expected some type to be left; a company needs one.")
		}
		for _, before := range these {
			after := before
			after.Deleted, after.UpdatedAt = true, tx.Now()
			if err := s.writeActivityType(tx, c, before, after, Deleted); err != nil {
				return err
			}
		}
		return nil
	})
}

// withActivityTypes runs fn with all types and those of ids, which must not be
// deleted.
func (s *Service) withActivityTypes(ctx context.Context, c route.Caller, ids []int64, fn func(tx *store.Tx, all, these []ActivityType) error) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if _, err := ensureActivityTypes(tx); err != nil {
			return err
		}
		all, err := store.Select(tx, scanActivityType, selectActivityType+` ORDER BY position, id`+tx.ForUpdate())
		if err != nil {
			return err
		}
		var these []ActivityType
		for _, id := range ids {
			i := slices.IndexFunc(all, func(t ActivityType) bool { return t.ID == id && !t.Deleted })
			if i < 0 {
				return fault.Missing("There is no activity type %d, or it was deleted.", id)
			}
			these = append(these, all[i])
		}
		return fn(tx, all, these)
	})
}

func (s *Service) writeActivityType(tx *store.Tx, c route.Caller, before, after ActivityType, action string) error {
	_, err := tx.Exec(`UPDATE records_activity_type SET name = ?, icon = ?, color = ?, position = ?, deleted = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`, after.Name, after.Icon, after.Color, after.Position, after.Deleted, clock.Micros(after.UpdatedAt), after.ID)
	if err != nil {
		return err
	}
	ch := change{entity: KindActivityType, id: strconv.FormatInt(after.ID, 10), action: action, before: before, after: after}
	if action == Deleted {
		ch.after = nil
	}
	return s.changed(tx, c, ch)
}
