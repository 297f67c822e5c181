package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
)

const (
	// largestSend is how many bytes one message with all its files may have; the
	// room looks at each file for itself.
	largestSend = 40 << 20
	// sendInMemory is how much of it is kept in memory; the rest waits on disk.
	sendInMemory = 4 << 20
)

// sendMessage takes what an agent wrote, or a template with its values. The
// browser's script is answered with the thread as it is now, in which the
// message stands as "sending".
func (w *Web) sendMessage(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(rw, r.Body, largestSend)
	whole := dial.WatchForm(r)
	if err := r.ParseMultipartForm(sendInMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return brokenInboxForm(err)
	}
	defer removeInboxForm(r)
	if !whole() {
		return brokenInboxForm(io.ErrUnexpectedEOF)
	}
	req, err := w.sendRequest(r, c, id)
	if err != nil {
		return err
	}
	if _, err := w.s.Inbox.Send(r.Context(), c, req); err != nil {
		return err
	}
	return w.afterThread(rw, r, id)
}

// afterThread shows the thread to the script, and sends a browser without one
// back to the page.
func (w *Web) afterThread(rw http.ResponseWriter, r *http.Request, id int64) error {
	if isShell(r) {
		return w.showInbox(rw, r, http.StatusOK, id, inboxReturn(r))
	}
	w.redirect(rw, r, inboxBack(r, id))
	return nil
}

// sendRequest reads the form.
func (w *Web) sendRequest(r *http.Request, c route.Caller, id int64) (inbox.SendRequest, error) {
	req := inbox.SendRequest{Conversation: id, Key: r.PostFormValue("key")}
	if chosen := r.PostFormValue("template"); chosen != "" {
		return req, w.fillFromTemplate(r, c, chosen, &req)
	}
	// Browsers end lines of a field with CR LF; what was written had LF.
	req.Text = strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
	if r.MultipartForm == nil {
		return req, nil
	}
	for _, h := range r.MultipartForm.File["files"] {
		if h.Filename == "" && h.Size == 0 {
			continue // a field of files in which nothing was chosen
		}
		body, err := readInboxFile(h)
		if err != nil {
			return req, brokenInboxForm(err)
		}
		req.Files = append(req.Files, inbox.Upload{Name: h.Filename, Type: h.Header.Get("Content-Type"), Body: body})
	}
	return req, nil
}

// fillFromTemplate puts the form's values into the text of the chosen template.
func (w *Web) fillFromTemplate(r *http.Request, c route.Caller, chosen string, req *inbox.SendRequest) error {
	conversation, err := w.s.Inbox.Conversation(r.Context(), c, req.Conversation)
	if err != nil {
		return err
	}
	all, err := w.s.Inbox.Templates(r.Context(), c, conversation.Channel.ID)
	if err != nil {
		return err
	}
	for _, t := range all {
		if strconv.FormatInt(t.ID, 10) != chosen {
			continue
		}
		parts, places := splitTemplate(t.Content)
		for _, p := range places {
			if strings.TrimSpace(r.PostFormValue("value_"+p)) == "" {
				return fault.New(fault.Invalid, "value_"+p, "Fill in the value for %s first; the template has a gap there.", p)
			}
		}
		req.Template = t.SourceID
		req.Text = fillTemplate(parts, func(p string) string { return strings.TrimSpace(r.PostFormValue("value_" + p)) })
		return nil
	}
	return fault.New(fault.Invalid, "template", "This template is not offered any more. Reload the page and choose another.")
}

func readInboxFile(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(f)
}

func removeInboxForm(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // a file left behind is the system's to clear
	}
}

// brokenInboxForm says what was wrong with a form that could not be read.
func brokenInboxForm(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooLarge, "files", "The message and its files may have 40 MB together. Send the files in several messages.")
	}
	e := fault.New(fault.Invalid, "body", "The form arrived only in part, so nothing was sent. Please send it again.")
	e.Err = err
	return e
}

func (w *Web) resendMessage(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	message, err := pathNumber(r, "message")
	if err != nil {
		return err
	}
	if err := w.s.Inbox.Resend(r.Context(), caller(r), message); err != nil {
		return err
	}
	return w.afterThread(rw, r, id)
}

// markSeen is called by the thread when a person really looks at it.
func (w *Web) markSeen(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Inbox.MarkSeen(r.Context(), caller(r), id); err != nil {
		return err
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}

func (w *Web) assignConversation(rw http.ResponseWriter, r *http.Request) error {
	return w.changeConversation(rw, r, func(c route.Caller, id int64) error {
		user, err := strconv.ParseInt(r.PostFormValue("assignee"), 10, 64)
		if err != nil {
			return fault.New(fault.Invalid, "assignee", "Expected a user from the list, got %q.", r.PostFormValue("assignee"))
		}
		return w.s.Inbox.Assign(r.Context(), c, id, user)
	})
}

func (w *Web) setConversationStatus(rw http.ResponseWriter, r *http.Request) error {
	return w.changeConversation(rw, r, func(c route.Caller, id int64) error {
		return w.s.Inbox.SetStatus(r.Context(), c, id, r.PostFormValue("status"))
	})
}

func (w *Web) linkConversation(rw http.ResponseWriter, r *http.Request) error {
	return w.changeConversation(rw, r, func(c route.Caller, id int64) error {
		return w.s.Inbox.LinkTo(r.Context(), c, id, inbox.Link{Kind: r.PostFormValue("kind"), TargetID: r.PostFormValue("target")})
	})
}

func (w *Web) unlinkConversation(rw http.ResponseWriter, r *http.Request) error {
	return w.changeConversation(rw, r, func(c route.Caller, id int64) error {
		return w.s.Inbox.Unlink(r.Context(), c, id, inbox.Link{Kind: r.PostFormValue("kind"), TargetID: r.PostFormValue("target")})
	})
}

// changeConversation runs change and shows the conversation again.
func (w *Web) changeConversation(rw http.ResponseWriter, r *http.Request, change func(c route.Caller, id int64) error) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := change(caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, inboxBack(r, id))
	return nil
}

// deleteConversation is for the owner of the installation; the room says no to
// everybody else.
//
// spec: messaging.sharing.owner-only
func (w *Web) deleteConversation(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Inbox.DeleteConversation(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, inboxPath+inboxFilterFrom(inboxReturn(r)).query())
	return nil
}

// inboxReturn is what the form's field "return" says about the page it stands
// on, less all that such a page does not have.
func inboxReturn(r *http.Request) url.Values {
	q, err := url.ParseQuery(strings.TrimPrefix(r.PostFormValue("return"), "?"))
	if err != nil {
		return url.Values{}
	}
	return q
}

// inboxBack is the address of the conversation with the filters and the column the
// form was sent from.
func inboxBack(r *http.Request, id int64) string {
	q := inboxReturn(r)
	f := inboxFilterFrom(q)
	if inboxStep(q) == "details" {
		return conversationURL(id) + f.query("view", "details")
	}
	return conversationURL(id) + f.query()
}
