package account

import "github.com/dockwright/dockwright/internal/store"

// PreparedUser is a user whose data were checked and whose password was hashed,
// which is slow on purpose and not for a transaction.
type PreparedUser struct {
	user User
	hash string
}

// PrepareUser checks n.
func (s *Service) PrepareUser(n NewUser) (PreparedUser, error) {
	u, hash, err := s.userFrom(n)
	return PreparedUser{u, hash}, err
}

// AddUser is CreateUser inside the caller's transaction, which is bound to the
// company.
func (s *Service) AddUser(tx *store.Tx, p PreparedUser) (User, error) {
	return s.insertUser(tx, p.user, p.hash, nobody)
}

// PrepareCompany checks n.
func (s *Service) PrepareCompany(n NewCompany) (Company, error) { return s.companyFrom(n) }

// AddCompany is CreateCompany inside the caller's transaction.
func (s *Service) AddCompany(tx *store.Tx, c Company) (Company, error) { return insertCompany(tx, c) }
