package messaging

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
)

const (
	operatorCookie  = "messaging_operator"
	operatorPurpose = "operator session"
	operatorLife    = 7 * 24 * time.Hour
)

// attempts slows down whoever guesses operator keys.
type attempts struct{ limit *rate.Limiter }

func newAttempts() *attempts { return &attempts{rate.NewLimiter(1, 5)} }

// signedIn reports whether the request may use the operator's page.
func (a *App) signedIn(r *http.Request) bool {
	if a.cfg.Demo {
		return true
	}
	c, err := r.Cookie(operatorCookie)
	if err != nil {
		return false
	}
	until, sig, _ := strings.Cut(c.Value, ".")
	unix, err := strconv.ParseInt(until, 10, 64)
	return err == nil && secret.Equal(sig, a.operatorSignature(until)) && a.cfg.DB.Now().Unix() < unix
}

// operatorSignature changes with the key, which ends all sessions.
func (a *App) operatorSignature(until string) string {
	return a.cfg.Keys.MAC(operatorPurpose, secret.Hash(a.cfg.OperatorKey), until)
}

// needOperator is the guard of Operator routes. A link with the key in it signs
// in, and takes the key out of the address.
// spec: app.messaging.operator-key
func (a *App) needOperator(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := r.URL.Query().Get("key"); key != "" && r.Method == http.MethodGet && r.URL.Path == "/" && !a.cfg.Demo {
			a.tryKey(w, r, key)
			return
		}
		if a.signedIn(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodGet || r.URL.Path != "/" {
			a.core.Refused(w, r, fault.New(fault.Unauthorized, "", "sign in with the operator key first"))
			return
		}
		a.render(w, http.StatusUnauthorized, "sign-in", pageData{Title: "Sign in"})
	})
}

func (a *App) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	a.tryKey(w, r, r.PostFormValue("key"))
}

func (a *App) tryKey(w http.ResponseWriter, r *http.Request, key string) {
	data := pageData{Title: "Sign in"}
	if !a.signIns.limit.Allow() {
		w.Header().Set("Retry-After", "5")
		data.Problem = "Too many attempts. Wait a few seconds, then try again."
		a.render(w, http.StatusTooManyRequests, "sign-in", data)
		return
	}
	if a.cfg.OperatorKey == "" || !secret.Equal(key, a.cfg.OperatorKey) {
		a.core.log.refuse(r, fault.New(fault.Unauthorized, "key", "wrong operator key"))
		data.Problem = "That is not the operator key. The app prints it when it starts."
		a.render(w, http.StatusUnauthorized, "sign-in", data)
		return
	}
	until := strconv.FormatInt(a.cfg.DB.Now().Add(operatorLife).Unix(), 10)
	a.setOperator(w, until+"."+a.operatorSignature(until), int(operatorLife/time.Second))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *App) signOut(w http.ResponseWriter, r *http.Request) {
	a.setOperator(w, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// setOperator is Lax, not Strict, because the operator comes back from the
// host's consent page by a redirect.
func (a *App) setOperator(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: operatorCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true,
		Secure: strings.HasPrefix(a.cfg.BaseURL, "https:"), SameSite: http.SameSiteLaxMode,
	})
}
