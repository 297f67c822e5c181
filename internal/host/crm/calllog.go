package crm

import (
	"fmt"
	"mime"
	"path"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// maxCalls is the most rows of a page of call logs.
const maxCalls = 50

// callLogRoutes are the paths of call logs.
func (s *Service) callLogRoutes() []route.Route {
	const scope = "phone-integration"
	return []route.Route{
		s.on("GET", "/v1/callLogs", "rest.calllogs.list", s.listCalls, scope),
		s.on("POST", "/v1/callLogs", "rest.calllogs.add", s.addCall, scope),
		s.on("GET", "/v1/callLogs/{id}", "rest.calllogs.get", s.getCall, scope),
		s.on("DELETE", "/v1/callLogs/{id}", "rest.calllogs.delete", s.deleteCall, scope),
		s.on("POST", "/v1/callLogs/{id}/recordings", "rest.calllogs.recording", s.addRecording, scope),
	}
}

func callLog(c *rest.Call, k records.Call) crmapi.CallLog {
	return crmapi.CallLog{
		ID: k.ID, ActivityID: k.Activity, PersonID: k.Person, OrgID: k.Organization, DealID: k.Deal, LeadID: k.Lead, Subject: k.Subject,
		Duration: k.Duration, Outcome: k.Outcome, FromPhoneNumber: k.From, ToPhoneNumber: k.To, HasRecording: k.HasRecording,
		StartTime: rest.Milli(k.StartedAt), EndTime: rest.Milli(k.EndedAt), UserID: k.User, CompanyID: c.Caller.Company, Note: k.Note,
	}
}

// listCalls answers GET /v1/callLogs.
// spec: rest.calllogs.list
func (s *Service) listCalls(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	w := records.Window{Start: q.Start(), Limit: q.Limit(maxCalls)}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.MyCalls(c.Context(), c.Caller, w)
	if err != nil {
		return rest.Answer{}, err
	}
	data := make([]crmapi.CallLog, len(list))
	for i, k := range list {
		data[i] = callLog(c, k)
	}
	return rest.Answer{Data: data, Additional: rest.Paged(w.Start, w.Limit, more)}, nil
}

// addCall answers POST /v1/callLogs.
// spec: rest.calllogs.add
func (s *Service) addCall(c *rest.Call) (rest.Answer, error) {
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	k := records.Call{
		Outcome: orZero(b.String("outcome")), To: orZero(b.String("to_phone_number")), From: orZero(b.String("from_phone_number")),
		Subject: orZero(b.String("subject")), Note: orZero(b.String("note")), Duration: orZero(b.String("duration")),
		StartedAt: orZero(b.Time("start_time")), EndedAt: orZero(b.Time("end_time")), User: orZero(b.Int("user_id")), Activity: orZero(b.Int("activity_id")),
		Person: orZero(b.Int("person_id")), Organization: orZero(b.Int("org_id")), Deal: orZero(b.Int("deal_id")), Lead: orZero(b.UUID("lead_id")),
	}
	if err := b.Err(); err != nil {
		return rest.Answer{}, quoted(err)
	}
	if k, err = s.records.CreateCall(c.Context(), c.Caller, k); err != nil {
		return rest.Answer{}, quoted(err)
	}
	return rest.OK(callLog(c, k)), nil
}

// orZero is a field of a body, or the zero value.
func orZero[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// quoted writes the name of a wrong field as this endpoint does: in quotes.
// spec: rest.calllogs.bad-request
func quoted(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && f.Field != "" {
		return fault.New(fault.Invalid, "", "%q: %s", f.Field, f.Message)
	}
	return err
}

// getCall answers GET /v1/callLogs/{id}.
// spec: rest.calllogs.get
func (s *Service) getCall(c *rest.Call) (rest.Answer, error) {
	k, err := s.records.Call(c.Context(), c.Caller, c.Request.PathValue("id"))
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(callLog(c, k)), nil
}

// deleteCall answers DELETE /v1/callLogs/{id}.
// spec: rest.calllogs.delete
func (s *Service) deleteCall(c *rest.Call) (rest.Answer, error) {
	if err := s.records.DeleteCall(c.Context(), c.Caller, c.Request.PathValue("id")); err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Body: done}, nil
}

// done is an answer that says nothing more.
var done = map[string]any{"success": true}

// addRecording answers POST /v1/callLogs/{id}/recordings.
// spec: rest.calllogs.recording
func (s *Service) addRecording(c *rest.Call) (rest.Answer, error) {
	id := c.Request.PathValue("id")
	if err := s.records.MayRecord(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, err
	}
	form, err := s.readForm(c, func(name, kind string) error {
		_, err := audioType(name, kind)
		return err
	})
	if err != nil {
		return rest.Answer{}, err
	}
	kind, err := audioType(form.file.Name, form.kind)
	if err != nil {
		s.records.Discard(c.Context(), c.Caller, form.file)
		return rest.Answer{}, err
	}
	if err := s.records.AddRecording(c.Context(), c.Caller, id, kind, form.file); err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Body: done}, nil
}

// audioEndings are the endings of audio that browsers play.
var audioEndings = map[string]string{
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".mp4": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg",
	".wav": "audio/wav", ".webm": "audio/webm", ".flac": "audio/flac",
}

// audioType is the media type of a recording: as the sender says, or by the
// name's ending where the sender says nothing of use.
// spec: rest.calllogs.audio
func audioType(name, kind string) (string, error) {
	ending := strings.ToLower(path.Ext(name))
	if known, _, err := mime.ParseMediaType(kind); err == nil && strings.HasPrefix(known, "audio/") {
		return known, nil
	}
	if by, ok := audioEndings[ending]; ok && (kind == "" || kind == "application/octet-stream" || strings.HasPrefix(kind, "video/")) {
		return by, nil
	}
	return "", fault.New(fault.Invalid, "file", "Expected audio that a browser can play (MP3, MP4, AAC, Ogg, WAV, WebM, FLAC), got %s.", fmt.Sprintf("%q of type %q", name, kind))
}
