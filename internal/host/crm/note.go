package crm

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Notes have no scope of their own: those of what they are on open them.
var (
	readNotes  = []string{"deals:read", "deals:full", "contacts:read", "contacts:full"}
	writeNotes = []string{"deals:full", "contacts:full"}
)

// noteRoutes are the paths of this area. Version 2 has no notes; all of this is
// served there too, in the form of version 1, because an app generator of the
// platform makes clients that call it there.
// spec: rest.notes.v2-alias
func (s *Service) noteRoutes() []route.Route {
	return []route.Route{
		s.on(http.MethodGet, "/v1/notes", "rest.notes.list", s.notes, readNotes...),
		s.on(http.MethodPost, "/v1/notes", "rest.notes.create", s.addNote, writeNotes...),
		s.on(http.MethodGet, "/v1/notes/{id}", "rest.notes.get", s.note, readNotes...),
		s.on(http.MethodPut, "/v1/notes/{id}", "rest.notes.update", s.updateNote, writeNotes...),
		s.on(http.MethodDelete, "/v1/notes/{id}", "rest.notes.delete", s.deleteNote, writeNotes...),
		s.on(http.MethodGet, "/v1/notes/{id}/comments", "rest.notes.comments", s.comments, readNotes...),
		s.on(http.MethodPost, "/v1/notes/{id}/comments", "rest.notes.comments", s.addComment, writeNotes...),
		s.on(http.MethodGet, "/v1/notes/{id}/comments/{commentId}", "rest.notes.comments", s.comment, readNotes...),
		s.on(http.MethodPut, "/v1/notes/{id}/comments/{commentId}", "rest.notes.comments", s.updateComment, writeNotes...),
		s.on(http.MethodDelete, "/v1/notes/{id}/comments/{commentId}", "rest.notes.comments", s.deleteComment, writeNotes...),
		s.on(http.MethodGet, "/api/v2/notes", "rest.notes.v2-alias", asV1(s.notes), readNotes...),
		s.on(http.MethodPost, "/api/v2/notes", "rest.notes.v2-alias", asV1(s.addNote), writeNotes...),
		s.on(http.MethodGet, "/api/v2/notes/{id}", "rest.notes.v2-alias", asV1(s.note), readNotes...),
		s.on(http.MethodPut, "/api/v2/notes/{id}", "rest.notes.v2-alias", asV1(s.updateNote), writeNotes...),
		s.on(http.MethodDelete, "/api/v2/notes/{id}", "rest.notes.v2-alias", asV1(s.deleteNote), writeNotes...),
		s.on(http.MethodGet, "/api/v2/notes/{id}/comments", "rest.notes.v2-alias", asV1(s.comments), readNotes...),
		s.on(http.MethodPost, "/api/v2/notes/{id}/comments", "rest.notes.v2-alias", asV1(s.addComment), writeNotes...),
		s.on(http.MethodGet, "/api/v2/notes/{id}/comments/{commentId}", "rest.notes.v2-alias", asV1(s.comment), readNotes...),
		s.on(http.MethodPut, "/api/v2/notes/{id}/comments/{commentId}", "rest.notes.v2-alias", asV1(s.updateComment), writeNotes...),
		s.on(http.MethodDelete, "/api/v2/notes/{id}/comments/{commentId}", "rest.notes.v2-alias", asV1(s.deleteComment), writeNotes...),
	}
}

// asV1 answers a call of version 2 as version 1 does.
func asV1(h rest.Handler) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		c.Version = rest.V1
		return h(c)
	}
}

// notes is GET /v1/notes.
// spec: rest.notes.list
func (s *Service) notes(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := records.NoteFilter{
		Author: q.Int("user_id"), Person: q.Int("person_id"), Organization: q.Int("org_id"), Deal: q.Int("deal_id"), Lead: q.UUID("lead_id"),
		From: q.Day("start_date"), To: q.Day("end_date"), UpdatedSince: q.Time("updated_since"),
		PinPerson: q.Bool("pinned_to_person_flag"), PinOrganization: q.Bool("pinned_to_organization_flag"),
		PinDeal: q.Bool("pinned_to_deal_flag"), PinLead: q.Bool("pinned_to_lead_flag"),
	}
	ofProject, pinProject := q.Int("project_id"), q.Bool("pinned_to_project_flag")
	w := records.Window{Start: q.Start(), Limit: q.Limit(rest.MaxLimit)}
	w.Sort = orders(q.Sort("id", "user_id", "deal_id", "person_id", "org_id", "content", "add_time", "update_time"))
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	// There are no projects, so no note is on one.
	if ofProject != 0 || pinProject != nil && *pinProject {
		return rest.Answer{Data: []crmapi.Note{}, Additional: rest.Paged(w.Start, w.Limit, false)}, nil
	}
	list, more, err := s.records.ListNotes(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	people, err := s.peopleByID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.Note, len(list))
	for i, n := range list {
		out[i] = wireNote(n, people, c.Caller)
	}
	return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more)}, nil
}

// orders are the keys of a list's order as the records take them.
func orders(by []rest.Order) []records.Order {
	out := make([]records.Order, len(by))
	for i, o := range by {
		out[i] = records.Order(o)
	}
	return out
}

// note is GET /v1/notes/{id}.
// spec: rest.notes.get
func (s *Service) note(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Note")
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.records.Note(c.Context(), c.Caller, id)
	return s.answerNote(c, n, err)
}

// answerNote is the answer with one note.
func (s *Service) answerNote(c *rest.Call, n records.Note, err error) (rest.Answer, error) {
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Note")
	}
	people, err := s.peopleByID(c)
	return rest.OK(wireNote(n, people, c.Caller)), err
}

// addNote is POST /v1/notes; it answers 200.
// spec: rest.notes.create
func (s *Service) addNote(c *rest.Call) (rest.Answer, error) {
	p, err := notePatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.records.CreateNote(c.Context(), c.Caller, p.New())
	return s.answerNote(c, n, err)
}

// updateNote is PUT /v1/notes/{id}.
// spec: rest.notes.update
func (s *Service) updateNote(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Note")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := notePatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.records.UpdateNote(c.Context(), c.Caller, id, p)
	return s.answerNote(c, n, err)
}

// notePatch reads the body of a note.
func notePatch(c *rest.Call) (records.NotePatch, error) {
	b, err := c.Body()
	if err != nil {
		return records.NotePatch{}, err
	}
	p := records.NotePatch{
		Content: b.String("content"), Author: b.Int("user_id"), Person: b.Int("person_id"), Organization: b.Int("org_id"),
		Deal: b.Int("deal_id"), Lead: b.UUID("lead_id"), AddedAt: b.Time("add_time"),
		PinPerson: b.Bool("pinned_to_person_flag"), PinOrganization: b.Bool("pinned_to_organization_flag"),
		PinDeal: b.Bool("pinned_to_deal_flag"), PinLead: b.Bool("pinned_to_lead_flag"),
	}
	noProject(b)
	if pin := b.Bool("pinned_to_project_flag"); pin != nil && *pin {
		b.Wrong("pinned_to_project_flag", "Expected project_id beside it, but there are no projects here; leave it out.")
	}
	if p.AddedAt != nil && p.AddedAt.IsZero() {
		p.AddedAt = nil
	}
	return p, b.Err()
}

// noProject refuses a project: there are none.
// spec: rest.projects-unbuilt
func noProject(b *rest.Body) {
	if id := b.Int("project_id"); id != nil && *id != 0 {
		b.Wrong("project_id", "Expected an existing record, got %d; there are no projects here, leave it out.", *id)
	}
}

// deleteNote is DELETE /v1/notes/{id}; its data is true.
// spec: rest.notes.delete
func (s *Service) deleteNote(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Note")
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(true), rest.NotFound(s.records.DeleteNote(c.Context(), c.Caller, id), "Note")
}

func wireNote(n records.Note, people map[int64]account.User, c route.Caller) crmapi.Note {
	w := crmapi.Note{
		ID: n.ID, UserID: n.Author, DealID: ref(n.Deal), PersonID: ref(n.Person), OrgID: ref(n.Organization), LeadID: ref(n.Lead),
		Content: n.Content, AddTime: rest.TimeText(rest.V1, n.AddedAt), UpdateTime: rest.TimeText(rest.V1, n.UpdatedAt), ActiveFlag: !n.Deleted,
		PinnedToDealFlag: n.Pinned.Deal, PinnedToPersonFlag: n.Pinned.Person, PinnedToOrganizationFlag: n.Pinned.Organization,
		PinnedToLeadFlag: n.Pinned.Lead, LastUpdateUserID: ref(n.Updater),
	}
	if n.Organization != 0 {
		w.Organization = &crmapi.NamedOnly{Name: n.OrganizationName}
	}
	if n.Person != 0 {
		w.Person = &crmapi.NamedOnly{Name: n.PersonName}
	}
	if n.Deal != 0 {
		w.Deal = &crmapi.TitleOnly{Title: n.DealTitle}
	}
	if u, ok := people[n.Author]; ok {
		w.User = &crmapi.NoteUser{Email: u.Email, Name: u.Name, IconURL: ref(u.IconURL), IsYou: u.ID == c.User}
	}
	return w
}

// comments is GET /v1/notes/{id}/comments.
// spec: rest.notes.comments
func (s *Service) comments(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Note")
	if err != nil {
		return rest.Answer{}, err
	}
	q := c.Query()
	w := records.Window{Start: q.Start(), Limit: q.Limit(rest.MaxLimit)}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListComments(c.Context(), c.Caller, id, w)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Note")
	}
	out := make([]crmapi.Comment, len(list))
	for i, m := range list {
		out[i] = wireComment(m, c.Caller.Company)
	}
	return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more)}, nil
}

// addComment is POST /v1/notes/{id}/comments; it answers 200.
func (s *Service) addComment(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Note")
	if err != nil {
		return rest.Answer{}, err
	}
	text, err := commentText(c)
	if err != nil {
		return rest.Answer{}, err
	}
	m, err := s.records.CreateComment(c.Context(), c.Caller, id, text)
	return rest.OK(wireComment(m, c.Caller.Company)), rest.NotFound(err, "Note")
}

// comment is GET /v1/notes/{id}/comments/{commentId}.
func (s *Service) comment(c *rest.Call) (rest.Answer, error) {
	note, id, err := commentOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	m, err := s.records.Comment(c.Context(), c.Caller, note, id)
	return rest.OK(wireComment(m, c.Caller.Company)), rest.NotFound(err, "Comment")
}

// updateComment is PUT /v1/notes/{id}/comments/{commentId}.
func (s *Service) updateComment(c *rest.Call) (rest.Answer, error) {
	note, id, err := commentOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	text, err := commentText(c)
	if err != nil {
		return rest.Answer{}, err
	}
	m, err := s.records.UpdateComment(c.Context(), c.Caller, note, id, text)
	return rest.OK(wireComment(m, c.Caller.Company)), rest.NotFound(err, "Comment")
}

// deleteComment is DELETE /v1/notes/{id}/comments/{commentId}; its data is true.
func (s *Service) deleteComment(c *rest.Call) (rest.Answer, error) {
	note, id, err := commentOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(true), rest.NotFound(s.records.DeleteComment(c.Context(), c.Caller, note, id), "Comment")
}

// commentOf are the ids of the note and the comment in the path.
func commentOf(c *rest.Call) (note int64, id string, err error) {
	if note, err = c.ID("Note"); err != nil {
		return 0, "", err
	}
	id, err = c.PathUUID("commentId", "Comment")
	return note, id, err
}

// commentText reads the body of a comment.
func commentText(c *rest.Call) (string, error) {
	b, err := c.Body()
	if err != nil {
		return "", err
	}
	text := b.String("content")
	if err := b.Err(); err != nil {
		return "", err
	}
	if text == nil {
		return "", fault.New(fault.Invalid, "content", "Expected the text of the comment, got none.")
	}
	return *text, nil
}

func wireComment(m records.Comment, company int64) crmapi.Comment {
	return crmapi.Comment{
		UUID: m.ID, ActiveFlag: true, AddTime: rest.Milli(m.AddedAt), UpdateTime: rest.Milli(m.UpdatedAt), Content: m.Content,
		ObjectID: strconv.FormatInt(m.Note, 10), ObjectType: "note", UserID: m.Author, UpdaterID: ref(m.Updater), CompanyID: company,
	}
}
