package appkit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// A Store is a [Vault] in which installations begin and end.
type Store interface {
	Vault
	// Install stores the token of a new installation, in the place of an older one
	// of the same account.
	Install(ctx context.Context, a Account, t Token) error
	// Uninstall forgets the account's token. That there is none is no error.
	Uninstall(ctx context.Context, a Account) error
}

// Installation is a user who has just connected the app.
type Installation struct {
	User
	Token Token
}

// Installer is the whole install flow as two handlers:
//
//	mux.HandleFunc("GET /install", in.Begin)
//	mux.HandleFunc("/oauth/callback", in.Callback)
//
// The second is the callback URL of the Developer Hub, which receives three
// things: browsers by GET, uninstalls by DELETE, and sharing by POST.
type Installer struct {
	OAuth  *OAuth
	States *States
	Store  Store
	// InstallPath is where Begin is served. Default: "/install".
	InstallPath string
	// After is where the browser goes once the app is installed, such as
	// [SettingsURL] or a page of the app. Default: the company's front page.
	After func(Installation) string
	// Installed, Uninstalled and Shared are told what happened, after the store;
	// each may be nil. When one fails, so does the request: a browser is shown
	// Fail, and a host may call again.
	Installed   func(context.Context, Installation) error
	Uninstalled func(context.Context, Uninstall) error
	Shared      func(context.Context, Sharing) error
	// Fail answers a browser whose installation failed. Default: a plain page that
	// says why and offers to begin again.
	Fail func(http.ResponseWriter, *http.Request, *InstallError)
	// Log is told of failures. Default: slog.Default.
	Log *slog.Logger
}

// InstallReason is why an installation failed.
type InstallReason string

// The reasons.
const (
	InstallDenied   InstallReason = "denied"   // the user declined the consent
	InstallForeign  InstallReason = "foreign"  // this browser did not begin the flow
	InstallRefused  InstallReason = "refused"  // the host did not take the code or the token
	InstallUnstored InstallReason = "unstored" // the app's store or its hook failed
)

// InstallError is an installation that failed.
type InstallError struct {
	Reason InstallReason
	Status int    // that fits an answer to the browser
	Text   string // for the person at the browser
	Err    error  // the cause; may be nil
}

func (e *InstallError) Error() string {
	if e.Err == nil {
		return "install: " + e.Text
	}
	return "install: " + e.Text + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *InstallError) Unwrap() error { return e.Err }

// SettingsURL is the app's settings page in the CRM, where apps send the browser
// after an installation.
func SettingsURL(t Token, clientID string) string {
	return t.APIDomain + "/settings/marketplace/app/" + url.PathEscape(clientID) + "/app-settings"
}

// Begin sends the browser to the consent screen.
// spec: appkit.install
func (in *Installer) Begin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, in.OAuth.AuthorizeURL(in.States.Begin(w)), http.StatusFound)
}

// Callback answers the browser that comes back from the consent screen, and the
// host's notices.
// spec: appkit.install
func (in *Installer) Callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodGet:
		in.finish(w, r)
	case http.MethodDelete:
		in.notice(w, r, in.uninstall)
	case http.MethodPost:
		in.notice(w, r, in.share)
	default:
		w.Header().Set("Allow", "GET, DELETE, POST")
		http.Error(w, "expected GET, DELETE or POST, got "+r.Method, http.StatusMethodNotAllowed)
	}
}

// finish turns the consent into an installation.
func (in *Installer) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	err := in.States.Check(w, r)
	switch {
	case q.Get("error") == oauthapi.UserDenied:
		in.fail(w, r, &InstallError{Reason: InstallDenied, Status: http.StatusForbidden, Text: "the consent was declined; nothing was stored"})
		return
	case q.Get("error") != "":
		in.fail(w, r, &InstallError{Reason: InstallRefused, Status: http.StatusBadGateway, Text: fmt.Sprintf("the CRM answered %.60q", q.Get("error"))})
		return
	case errors.Is(err, ErrNoState):
		// The host began by itself. What it sent cannot be told from what a stranger
		// would send, so the flow begins again, from here.
		http.Redirect(w, r, in.installPath(), http.StatusFound)
		return
	case err != nil:
		in.fail(w, r, &InstallError{
			Reason: InstallForeign, Status: http.StatusForbidden, Err: err,
			Text: "this browser did not begin the installation, or began it more than 15 minutes ago; begin again",
		})
		return
	}
	done, failure := in.connect(r.Context(), q.Get("code"))
	if failure != nil {
		in.fail(w, r, failure)
		return
	}
	next := done.Token.APIDomain
	if in.After != nil {
		next = in.After(done)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// connect trades the code for tokens, asks whose they are, and stores them.
func (in *Installer) connect(ctx context.Context, code string) (Installation, *InstallError) {
	refused := func(err error) *InstallError {
		return &InstallError{Reason: InstallRefused, Status: http.StatusBadGateway, Text: "the CRM could not be connected", Err: err}
	}
	if code == "" {
		return Installation{}, &InstallError{Reason: InstallRefused, Status: http.StatusBadRequest, Text: "the callback has neither code nor error"}
	}
	tok, err := in.OAuth.Exchange(ctx, code)
	if err != nil {
		return Installation{}, refused(err)
	}
	u, err := (&REST{HTTP: in.OAuth.HTTP, Now: in.OAuth.Now}).Me(ctx, tok)
	if err != nil {
		return Installation{}, refused(err)
	}
	done := Installation{User: u, Token: tok}
	// A code works once: what it was good for is kept even if the browser has left.
	ctx = context.WithoutCancel(ctx)
	err = in.Store.Install(ctx, u.Account, tok)
	if err == nil && in.Installed != nil {
		err = in.Installed(ctx, done)
	}
	if err != nil {
		return Installation{}, &InstallError{Reason: InstallUnstored, Status: http.StatusInternalServerError, Text: "the app could not keep the installation; begin again later", Err: err}
	}
	return done, nil
}

// notice answers a call of the host, which shows the app's credentials.
// spec: appkit.notice-credentials
func (in *Installer) notice(w http.ResponseWriter, r *http.Request, take func(*http.Request) error) {
	if !VerifyBasic(r, in.OAuth.Credentials) {
		w.Header().Set("WWW-Authenticate", `Basic realm="callback"`)
		answerNotice(w, http.StatusUnauthorized, "expected the app's client id and secret as Basic credentials")
		return
	}
	err := take(r)
	if bad, ok := errors.AsType[*noticeError](err); ok {
		answerNotice(w, http.StatusBadRequest, bad.Error())
		return
	}
	if err != nil {
		in.log().ErrorContext(r.Context(), "callback", "method", r.Method, "error", err)
		answerNotice(w, http.StatusInternalServerError, "the app could not store this; call again")
		return
	}
	answerNotice(w, http.StatusOK, "")
}

// noticeError is a body that no repetition makes better.
type noticeError struct{ error }

func (in *Installer) uninstall(r *http.Request) error {
	u, err := ParseUninstall(r)
	if err != nil {
		return &noticeError{err}
	}
	if u.ClientID != "" && u.ClientID != in.OAuth.ClientID {
		return &noticeError{fmt.Errorf("client_id: expected %s, got %.60q", in.OAuth.ClientID, u.ClientID)}
	}
	if err := in.Store.Uninstall(r.Context(), u.Account); err != nil || in.Uninstalled == nil {
		return err
	}
	return in.Uninstalled(r.Context(), u)
}

func (in *Installer) share(r *http.Request) error {
	s, err := ParseSharing(r)
	if err != nil {
		return &noticeError{err}
	}
	if in.Shared == nil {
		return nil
	}
	return in.Shared(r.Context(), s)
}

// answerNotice answers a host; no words mean success.
func answerNotice(w http.ResponseWriter, status int, refusal string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// That nobody hears the answer is no concern of the notice.
	_ = json.NewEncoder(w).Encode(struct {
		Success bool   `json:"success"`
		Error   string `json:"error,omitempty"`
	}{refusal == "", refusal})
}

func (in *Installer) fail(w http.ResponseWriter, r *http.Request, e *InstallError) {
	if e.Reason != InstallDenied {
		in.log().WarnContext(r.Context(), "installation failed", "reason", e.Reason, "error", e)
	}
	if in.Fail != nil {
		in.Fail(w, r, e)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(e.Status)
	why := e.Text
	if e.Reason == InstallRefused && e.Err != nil {
		why += ": " + e.Err.Error() // what the host said helps; what a store says is for the log
	}
	_ = failPage.Execute(w, struct{ Why, Again string }{why, in.installPath()})
}

var failPage = template.Must(template.New("fail").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Not connected</title>
<style>:root { color-scheme: light dark } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>The app was not connected</h1>
<p>{{.Why}}</p>
<p><a href="{{.Again}}">Begin again</a></p>
</html>
`))

func (in *Installer) installPath() string { return cmp.Or(in.InstallPath, "/install") }

func (in *Installer) log() *slog.Logger { return cmp.Or(in.Log, slog.Default()) }
