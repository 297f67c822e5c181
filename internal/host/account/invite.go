package account

import (
	"context"
	"errors"
	"net/mail"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const inviteLife = 7 * 24 * time.Hour

// Invite is somebody who was asked to join a company and has not yet.
type Invite struct {
	Company, ID int64
	Email       string
	Admin       bool // as what they will join
	InvitedBy   int64
	Expires     time.Time
}

const inviteColumns = `company_id, id, email, admin, invited_by, expires_at`

func scanInvite(s store.Scanner) (Invite, error) {
	var i Invite
	var expires int64
	err := s.Scan(&i.Company, &i.ID, &i.Email, &i.Admin, &i.InvitedBy, &expires)
	i.Expires = clock.FromMicros(expires)
	return i, err
}

// Invite asks the owner of an email to join a company, as an admin or an agent, and
// returns the token of the link that lets them. Nobody is mailed: whoever invites
// passes the link on. A second invite for the same email replaces the first.
// spec: account.invite
func (s *Service) Invite(ctx context.Context, company, by int64, email string, admin bool) (token string, err error) {
	email = normalEmail(email)
	if err := checkEmail(email); err != nil {
		return "", err
	}
	token, now := secret.Random(20), s.db.Now()
	err = s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		u, err := store.One(tx, scanUser, `SELECT `+userColumns+` FROM account_user u JOIN account_login l ON l.id = u.login_id
			WHERE u.company_id = @company AND l.email = ?`, email)
		switch {
		case err == nil && u.Active:
			return fault.New(fault.Conflict, "email", "%s is a user of this company already.", email)
		case err == nil:
			return fault.New(fault.Conflict, "email", "%s was a user of this company; activate %s again instead.", email, u.Name)
		case !errors.Is(err, store.ErrNoRows):
			return err
		}
		id, err := tx.NextID("invite")
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO account_invite (company_id, id, email, admin, token_hash, invited_by, created_at, expires_at)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, email) DO UPDATE SET admin = EXCLUDED.admin,
			token_hash = EXCLUDED.token_hash, invited_by = EXCLUDED.invited_by, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at`,
			id, email, admin, secret.Hash(token), by, clock.Micros(now), clock.Micros(now.Add(inviteLife)))
		return err
	})
	return token, err
}

// Invites lists who was asked to join the company that tx is bound to, and can
// still, oldest first.
func (s *Service) Invites(tx *store.Tx) ([]Invite, error) {
	return store.Select(tx, scanInvite, `SELECT `+inviteColumns+` FROM account_invite WHERE company_id = @company AND expires_at > ? ORDER BY id`,
		clock.Micros(s.db.Now()))
}

// WithdrawInvite makes an invite's link worth nothing.
func (s *Service) WithdrawInvite(ctx context.Context, company, id int64) error {
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM account_invite WHERE company_id = @company AND id = ?`, id)
		if err == nil && n == 0 {
			return fault.Missing("This invite is gone already: it was accepted or withdrawn.")
		}
		return err
	})
}

var errNoInvite = fault.New(fault.NotFound, "token", "This invite is not valid, or not any more. Ask for a new one.")

// Invited is what the opener of an invite's link sees.
type Invited struct {
	Invite
	Company Company
	// Known is whether the email has a login, whose password opens the way in.
	// Otherwise the opener chooses one.
	Known bool
}

// InviteByToken finds what an invite's link stands for.
func (s *Service) InviteByToken(ctx context.Context, token string) (Invited, error) {
	var out Invited
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, _, err = s.inviteIn(tx, token)
		return err
	})
	return out, err
}

func (s *Service) inviteIn(tx *store.Tx, token string) (Invited, login, error) {
	var out Invited
	i, err := store.One(tx.Unbound(), scanInvite, `SELECT `+inviteColumns+` FROM account_invite WHERE token_hash = ? AND expires_at > ?`,
		secret.Hash(token), clock.Micros(s.db.Now()))
	if errors.Is(err, store.ErrNoRows) {
		return out, login{}, errNoInvite
	}
	if err != nil {
		return out, login{}, err
	}
	l, err := loginByEmail(tx, i.Email)
	if err != nil {
		return out, login{}, err
	}
	out.Invite, out.Known = i, l.id != 0
	out.Company, err = s.Company(tx.Bind(i.Company))
	return out, l, err
}

// Joining is what the opener of an invite's link sends.
type Joining struct {
	Token    string
	Name     string
	Password string // of the login, or one that is chosen now
	Address  string // where the request came from, without a port
	Session  string // the browser's, which does for the password of its own login
}

// Join makes the opener of an invite's link a user of the company and opens a
// session. An email without a login gets one, with the password that was chosen; a
// login that exists is proved by its password or its session, and keeps what it has.
// spec: account.invite
// spec: account.own-password
func (s *Service) Join(ctx context.Context, j Joining) (session string, err error) {
	in, err := s.InviteByToken(ctx, j.Token)
	if err != nil {
		return "", err
	}
	n := NewUser{Name: j.Name, Email: in.Email, Admin: in.Admin}
	if in.Known {
		if err := s.prove(ctx, in.Email, j); err != nil {
			return "", err
		}
	} else if n.Password = j.Password; n.Password == "" {
		return "", fault.New(fault.Invalid, "password", "Expected at least %d characters, got none.", minPassword)
	}
	u, hash, err := s.userFrom(n)
	if err != nil {
		return "", err
	}
	session = secret.Random(sessionBytes)
	err = s.db.Company(in.Company.ID).Update(ctx, func(tx *store.Tx) error {
		now, l, err := s.inviteIn(tx, j.Token)
		if err != nil {
			return err
		}
		if now.ID != in.ID || (l.id != 0) != in.Known {
			return fault.New(fault.Conflict, "", "Something changed meanwhile. Open the link again.")
		}
		u.Admin = now.Admin
		made, err := s.insertUser(tx, u, hash, oneself)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM account_invite WHERE company_id = @company AND id = ?`, in.ID); err != nil {
			return err
		}
		return openSession(tx, made.ID, session, s.db.Now())
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

// prove makes sure that whoever joins is the owner of a login that exists.
func (s *Service) prove(ctx context.Context, email string, j Joining) error {
	if in, err := s.Session(ctx, j.Session); err == nil && in.User.Email == email {
		return nil
	} else if err != nil && fault.KindOf(err) != fault.Unauthorized {
		return err
	}
	return s.provePassword(ctx, email, j.Password, j.Address)
}

// provePassword checks a login's password, and counts the try.
func (s *Service) provePassword(ctx context.Context, email, password, address string) error {
	if err := s.countAttempt(ctx, attemptKeys(email, address)); err != nil {
		return err
	}
	_, err := s.checkPassword(ctx, email, password)
	return err
}

// checkEmail wants an address as it is typed, without a name around it.
func checkEmail(email string) error {
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return fault.New(fault.Invalid, "email", "Expected an address such as ann@example.com, got %q.", email)
	}
	return nil
}
