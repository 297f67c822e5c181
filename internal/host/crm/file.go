package crm

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"path"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// maxFiles is the most rows of a page of files.
const maxFiles = 100

// downloadCost is what a download takes from the daily budget.
const downloadCost = 20

var (
	readsFiles  = []string{"deals:read", "deals:full", "activities:read", "activities:full", "contacts:read", "contacts:full"}
	writesFiles = []string{"deals:full", "activities:full", "contacts:full"}
)

// fileRoutes are the paths of files.
func (s *Service) fileRoutes() []route.Route {
	download := s.on("GET", "/v1/files/{id}/download", "rest.files.download", s.downloadFile, readsFiles...)
	download.Cost = downloadCost
	return []route.Route{
		s.on("GET", "/v1/files", "rest.files.list", s.listFiles, readsFiles...),
		s.on("POST", "/v1/files", "rest.files.add", s.addFile, writesFiles...),
		s.on("POST", "/v1/files/remote", "rest.files.remote", s.addRemoteFile, writesFiles...),
		s.on("POST", "/v1/files/remoteLink", "rest.files.remote", s.linkRemoteFile, writesFiles...),
		s.on("GET", "/v1/files/{id}", "rest.files.get", s.getFile, readsFiles...),
		s.on("PUT", "/v1/files/{id}", "rest.files.update", s.updateFile, writesFiles...),
		s.on("DELETE", "/v1/files/{id}", "rest.files.delete", s.deleteFile, writesFiles...),
		download,
	}
}

// fileV1 is a file as version 1 writes it; origin is where the company is reached.
// spec: rest.files.url
func fileV1(origin string, f records.File) crmapi.File {
	out := crmapi.File{
		ID: f.ID, UserID: f.User, DealID: ref(f.Deal.ID), PersonID: ref(f.Person.ID), OrgID: ref(f.Organization.ID),
		ActivityID: ref(f.Activity), LeadID: ref(f.Lead.ID), AddTime: rest.TimeText(rest.V1, f.AddedAt), UpdateTime: rest.TimeText(rest.V1, f.UpdatedAt),
		FileName: f.FileName, FileType: f.Type, FileSize: f.Size, ActiveFlag: true, RemoteID: f.RemoteID,
		// spec: rest.files.remote-location
		RemoteLocation: cmp.Or(f.RemoteLocation, "s3"),
		DealName:       f.Deal.Name, PersonName: f.Person.Name, OrgName: f.Organization.Name, LeadName: f.Lead.Name,
		Name: f.Name, Description: f.Description, URL: fmt.Sprintf("%s/v1/files/%d/download", origin, f.ID),
	}
	if f.RemoteLocation != "" {
		out.URL = fmt.Sprintf("%s/api/v1/files/%d/download", origin, f.ID)
	}
	return out
}

// ref is a reference on the wire: null when there is none.
func ref[T comparable](id T) *T {
	var none T
	if id == none {
		return nil
	}
	return &id
}

// origin is where the caller's company is reached.
func (s *Service) origin(c *rest.Call) (origin string, err error) {
	err = s.db.Company(c.Caller.Company).View(c.Context(), func(tx *store.Tx) error {
		origin, err = s.authz.Origin(tx)
		return err
	})
	return origin, err
}

func (s *Service) answerFile(c *rest.Call, f records.File) (rest.Answer, error) {
	origin, err := s.origin(c)
	return rest.OK(fileV1(origin, f)), err
}

// listFiles answers GET /v1/files.
// spec: rest.files.list
func (s *Service) listFiles(c *rest.Call) (rest.Answer, error) {
	return s.filesOf(c, records.FileFilter{})
}

// filesOf answers a page of the files that fit filter.
func (s *Service) filesOf(c *rest.Call, filter records.FileFilter) (rest.Answer, error) {
	q := c.Query()
	w := records.Window{Start: q.Start(), Limit: q.Limit(maxFiles)}
	for _, o := range q.Sort("id", "update_time") {
		w.Sort = append(w.Sort, records.Order{By: o.By, Desc: o.Desc})
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListFiles(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	origin, err := s.origin(c)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.File, len(list))
	for i, f := range list {
		out[i] = fileV1(origin, f)
	}
	return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more)}, nil
}

// getFile answers GET /v1/files/{id}.
// spec: rest.files.get
func (s *Service) getFile(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("File")
	if err != nil {
		return rest.Answer{}, err
	}
	f, err := s.records.File(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "File")
	}
	return s.answerFile(c, f)
}

// addFile answers POST /v1/files.
// spec: rest.files.add
func (s *Service) addFile(c *rest.Call) (rest.Answer, error) {
	form, err := s.readForm(c, nil)
	if err != nil {
		return rest.Answer{}, err
	}
	file, err := fileLinks(rest.FormBody(form.fields))
	if err != nil {
		s.records.Discard(c.Context(), c.Caller, form.file)
		return rest.Answer{}, err
	}
	f, err := s.records.CreateFile(c.Context(), c.Caller, file, form.file)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerFile(c, f)
}

// fileLinks reads what a new file is to be on.
func fileLinks(b *rest.Body) (records.File, error) {
	var f records.File
	for name, to := range map[string]*int64{
		"person_id": &f.Person.ID, "org_id": &f.Organization.ID, "deal_id": &f.Deal.ID, "activity_id": &f.Activity,
	} {
		if id := b.Int(name); id != nil {
			*to = *id
		}
	}
	if id := b.UUID("lead_id"); id != nil {
		f.Lead.ID = *id
	}
	// spec: rest.files.no-products
	if id := b.Int("product_id"); id != nil && *id != 0 {
		b.Wrong("product_id", "Expected an existing record, got %d, which does not exist.", *id)
	}
	return f, b.Err()
}

// addRemoteFile answers POST /v1/files/remote.
// spec: rest.files.remote
func (s *Service) addRemoteFile(c *rest.Call) (rest.Answer, error) {
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	f := remoteFile(b)
	kind, name := b.Word("file_type", "gdoc", "gslides", "gsheet", "gform", "gdraw"), b.String("title")
	if kind == nil || *kind == "" {
		b.Wrong("file_type", "Expected one of gdoc, gslides, gsheet, gform, gdraw, got none.")
	} else {
		f.Type = *kind
	}
	if name == nil || *name == "" {
		b.Wrong("title", "Expected the title of the file, got none.")
	} else {
		f.Name = *name
	}
	return s.createRemote(c, b, f)
}

// linkRemoteFile answers POST /v1/files/remoteLink.
// spec: rest.files.remote
func (s *Service) linkRemoteFile(c *rest.Call) (rest.Answer, error) {
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	f := remoteFile(b)
	id := b.String("remote_id")
	if id == nil || *id == "" || len(*id) > 255 {
		b.Wrong("remote_id", "Expected the id of the file at its service, 1 to 255 bytes long.")
	} else {
		f.RemoteID, f.Name = *id, *id
	}
	return s.createRemote(c, b, f)
}

// remoteFile reads what both remote endpoints take.
func remoteFile(b *rest.Body) records.File {
	f := records.File{RemoteLocation: "googledrive"}
	if at := b.Word("remote_location", "googledrive"); at == nil || *at == "" {
		b.Wrong("remote_location", "Expected googledrive, got none.")
	}
	kind, id := b.Word("item_type", "deal", "organization", "person"), b.Int("item_id")
	if kind == nil || *kind == "" {
		b.Wrong("item_type", "Expected one of deal, organization, person, got none.")
		return f
	}
	if id == nil || *id <= 0 {
		b.Wrong("item_id", "Expected the id of the %s, got none.", *kind)
		return f
	}
	switch *kind {
	case "deal":
		f.Deal.ID = *id
	case "organization":
		f.Organization.ID = *id
	case "person":
		f.Person.ID = *id
	}
	return f
}

func (s *Service) createRemote(c *rest.Call, b *rest.Body, f records.File) (rest.Answer, error) {
	if err := b.Err(); err != nil {
		return rest.Answer{}, err
	}
	f, err := s.records.CreateRemoteFile(c.Context(), c.Caller, f)
	if told, ok := fault.As(err); ok && told.Field != "title" && told.Kind == fault.Invalid {
		told.Field = "item_id" // the reference has another name in this body
	}
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerFile(c, f)
}

// updateFile answers PUT /v1/files/{id}.
// spec: rest.files.update
func (s *Service) updateFile(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("File")
	if err != nil {
		return rest.Answer{}, err
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	p := records.FilePatch{Name: b.String("name"), Description: b.String("description")}
	if err := b.Err(); err != nil {
		return rest.Answer{}, err
	}
	f, err := s.records.UpdateFile(c.Context(), c.Caller, id, p)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "File")
	}
	return s.answerFile(c, f)
}

// deleteFile answers DELETE /v1/files/{id}.
// spec: rest.files.delete
func (s *Service) deleteFile(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("File")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeleteFile(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "File")
	}
	return rest.Removed(id), nil
}

// downloadFile answers GET /v1/files/{id}/download, also parts of it.
// spec: rest.files.download
func (s *Service) downloadFile(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("File")
	if err != nil {
		return rest.Answer{}, err
	}
	bytes, err := s.records.FileContent(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Stream: func(w http.ResponseWriter) { SendBytes(w, c.Request, bytes) }}, nil
}

// SendBytes answers with bytes that people brought, in a way that no browser takes
// for a page of the host's.
func SendBytes(w http.ResponseWriter, r *http.Request, b *records.Stream) {
	h := w.Header()
	h.Set("Content-Type", b.Type)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private")
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": b.Name})
	if disposition == "" { // a name that cannot be written
		disposition = "attachment"
	}
	h.Set("Content-Disposition", disposition)
	http.ServeContent(w, r, path.Base(b.Name), b.At, b)
}
