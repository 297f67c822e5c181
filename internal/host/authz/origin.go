package authz

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// companyMark stands for a company's domain in the company URL.
const companyMark = "{company}."

// origins are the addresses under which a host answers: one for everybody, and if
// there is a company URL one for each company.
type origins struct {
	base *url.URL
	// suffix is the company URL's host without the company: "example.com:8443".
	suffix string
}

func newOrigins(base, company string) (origins, error) {
	u, err := parseOrigin(strings.TrimSuffix(base, "/"))
	if err != nil {
		return origins{}, fmt.Errorf("base URL: expected scheme and host such as https://crm.example.com, got %q", base)
	}
	o := origins{base: u}
	if company == "" {
		return o, nil
	}
	scheme, host, _ := strings.Cut(strings.TrimSuffix(company, "/"), "://")
	suffix, ok := strings.CutPrefix(host, companyMark)
	if _, err := parseOrigin(scheme + "://" + suffix); !ok || err != nil {
		return origins{}, fmt.Errorf("company URL: expected one such as https://{company}.example.com, got %q", company)
	}
	if scheme != u.Scheme {
		return origins{}, fmt.Errorf("company URL: expected %s as in the base URL %s, got %q", u.Scheme, base, company)
	}
	o.suffix = suffix
	return o, nil
}

func parseOrigin(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("not an origin")
	}
	return u, nil
}

// of is a company's origin, without a slash at the end.
func (o origins) of(domain string) string {
	if o.suffix == "" {
		return o.base.String()
	}
	return o.base.Scheme + "://" + domain + "." + o.suffix
}

// label is what a Host header has before the company URL's suffix.
func (o origins) label(host string) (string, bool) {
	if o.suffix == "" {
		return "", false
	}
	label, ok := strings.CutSuffix(strings.ToLower(withPort(host, o.base.Scheme)), "."+strings.ToLower(withPort(o.suffix, o.base.Scheme)))
	return label, ok && label != "" && !strings.Contains(label, ".")
}

// isGeneric reports whether a Host header names the host as a whole: by the base
// URL, or by a name that no company can have, such as oauth.example.com.
func (o origins) isGeneric(host string) bool {
	if strings.EqualFold(withPort(host, o.base.Scheme), withPort(o.base.Host, o.base.Scheme)) {
		return true
	}
	label, ok := o.label(host)
	return ok && slices.Contains(account.ReservedDomains, label)
}

// Origin is where a company's people and apps reach the host, without a slash at
// the end: the token answer's api_domain. tx is bound to the company.
// spec: host.company-origins
func (s *Service) Origin(tx *store.Tx) (string, error) {
	if s.origins.suffix == "" {
		return s.origins.base.String(), nil
	}
	c, err := s.accounts.Company(tx)
	return s.origins.of(c.Domain), err
}

// OriginOf is Origin of a company that is at hand.
func (s *Service) OriginOf(c account.Company) string { return s.origins.of(c.Domain) }

type hostCompanyKey struct{}

// HostCompany is the company that the request's Host names; 0 if it names none.
func HostCompany(ctx context.Context) int64 {
	id, _ := ctx.Value(hostCompanyKey{}).(int64)
	return id
}

// errOtherCompany is for a Host that names another company than token or login.
var errOtherCompany = fault.Missing("This address belongs to another company than the one you are signed in to or have a token of.")

// agrees refuses a company that is not the one that the Host names.
func agrees(ctx context.Context, company int64) error {
	if named := HostCompany(ctx); named != 0 && named != company {
		return errOtherCompany
	}
	return nil
}

// locate finds the company that the Host names, if any. ok is false when it was
// answered that there is none.
func (s *Service) locate(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	label, named := s.origins.label(r.Host)
	if !named || s.origins.isGeneric(r.Host) {
		return r, true
	}
	c, err := s.accounts.CompanyByDomain(r.Context(), label)
	switch {
	case err == nil:
		return r.WithContext(context.WithValue(r.Context(), hostCompanyKey{}, c.ID)), true
	case route.OnStreet(r.URL.Path) && fault.KindOf(err) == fault.NotFound:
		openToAll(w.Header())
		writeJSON(w, http.StatusNotFound, crmapi.NewError(err.Error()))
	default:
		s.refuse(w, r, err)
	}
	return r, false
}

// AddressOf is where a request came from, without a port. What a proxy says about
// that is believed if the proxy is one of those that the operator trusts.
// spec: host.trusted-proxy
func (s *Service) AddressOf(r *http.Request) string {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	via := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(via) - 1; i >= 0 && s.trusts(peer); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(via[i]))
		if err != nil {
			break
		}
		peer = next.Unmap().String()
	}
	return peer
}

func (s *Service) trusts(peer string) bool {
	addr, err := netip.ParseAddr(peer)
	return err == nil && slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}
