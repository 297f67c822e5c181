package subscription

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// The entities that have events, by the words of the event log and of the wire.
const (
	entityPerson       = "person"
	entityOrganization = "organization"
	entityDeal         = "deal"
	entityLead         = "lead"
	entityNote         = "note"
	entityPipeline     = "pipeline"
	entityStage        = "stage"
	entityUser         = "user"
	entityActivity     = "activity"
	entityActivityType = "activityType" // only version 1 tells of these
)

// entities are those that are rendered.
var entities = []string{
	entityPerson, entityOrganization, entityDeal, entityLead, entityActivity, entityActivityType, entityNote, entityPipeline, entityStage, entityUser,
}

func isRendered(entity string) bool { return slices.Contains(entities, entity) }

// renderer shows the records of one event.
type renderer struct {
	s       *Service
	tx      *store.Tx
	company int64
	of      account.Company
	users   []account.User
	fields  []records.Field // that the company made for this entity
}

// withFields are the entities that have custom fields.
var withFields = []string{entityPerson, entityOrganization, entityDeal, entityLead}

// render reads the snapshots of an event.
func (r *renderer) render(entity string, e event.Event) (before, after *view, err error) {
	if slices.Contains(withFields, entity) {
		if r.fields, err = r.s.records.CustomFields(r.tx, entity); err != nil {
			return nil, nil, err
		}
	}
	switch entity {
	case entityPerson:
		return both(e, r.person)
	case entityOrganization:
		return both(e, r.organization)
	case entityDeal:
		return both(e, r.deal)
	case entityLead:
		return both(e, r.lead)
	case entityActivity:
		return both(e, r.activity)
	case entityActivityType:
		return both(e, r.activityType)
	case entityNote:
		return both(e, r.note)
	case entityPipeline:
		return both(e, r.pipeline)
	case entityStage:
		return both(e, r.stage)
	case entityUser:
		return both(e, r.user)
	}
	return nil, nil, fmt.Errorf("nothing is known of %q", entity)
}

// both shows the snapshots that there are.
func both[T any](e event.Event, show func(T) (view, error)) (before, after *view, err error) {
	if e.Before != nil {
		var v T
		if err := e.DecodeBefore(&v); err != nil {
			return nil, nil, err
		}
		shown, err := show(v)
		if err != nil {
			return nil, nil, err
		}
		before = &shown
	}
	if e.After != nil {
		var v T
		if err := e.DecodeAfter(&v); err != nil {
			return nil, nil, err
		}
		shown, err := show(v)
		if err != nil {
			return nil, nil, err
		}
		after = &shown
	}
	return before, after, nil
}

// nameOf is a user's name, empty if there is no such user.
func (r *renderer) nameOf(user int64) string {
	i := slices.IndexFunc(r.users, func(u account.User) bool { return u.ID == user })
	if i < 0 {
		return ""
	}
	return r.users[i].Name
}

// orNull is nil for the zero value.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func timeV1(t time.Time) string { return rest.TimeText(rest.V1, t) }
func timeV2(t time.Time) string { return rest.TimeText(rest.V2, t) }

// firstChar is what lists of version 1 are divided by.
func firstChar(name string) string {
	c, _ := utf8.DecodeRuneInString(strings.ToLower(name))
	if c == utf8.RuneError {
		return ""
	}
	return string(c)
}

// forAll is a view of what everybody in the company may see.
func forAll(v2, v1 any) view {
	return view{v2: v2, v1: v1, access: records.Audience{Everybody: true}}
}

func (r *renderer) user(u account.User) (view, error) {
	show := webhookapi.User{
		ID: u.ID, Name: u.Name, Email: u.Email, Phone: orNull(u.Phone), DefaultCurrency: u.Currency, Locale: u.Locale, Lang: 1,
		ActiveFlag: u.Active, Activated: true, TimezoneName: u.Timezone, IconURL: orNull(u.IconURL), RoleID: 1,
		Created: timeV1(u.CreatedAt), Modified: rest.Time(rest.V1, u.ModifiedAt),
	}
	if u.Admin {
		show.IsAdmin = 1
	}
	v2 := show
	v2.ID = decimal(u.ID)
	return forAll(v2, show), nil
}
