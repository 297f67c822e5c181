package account

import (
	"context"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
)

// MustOperate refuses callers who do not run the host. Its operators are the
// admins of its first company, which the set-up link made.
// spec: host.operator
func (s *Service) MustOperate(ctx context.Context, c route.Caller) error {
	ok, err := s.Operates(ctx, c)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "", "This page is for who runs this host: the admins of its first company.")
	}
	return err
}

// Operates reports whether a caller runs the host.
func (s *Service) Operates(ctx context.Context, c route.Caller) (bool, error) {
	all, err := s.Companies(ctx)
	return err == nil && c.Admin && len(all) > 0 && all[0].ID == c.Company, err
}
