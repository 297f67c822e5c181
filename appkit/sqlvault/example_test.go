package sqlvault_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/appkit/sqlvault"
)

// Tokens are kept in a file, encrypted. In production the key comes from the
// environment or a secret store; who has lost it installs the app again.
func ExampleOpen() {
	err := func() error {
		dir, err := os.MkdirTemp("", "sqlvault")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=busy_timeout(5000)")
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()

		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		sealer, err := sqlvault.NewAESGCM(key)
		if err != nil {
			return err
		}
		ctx := context.Background()
		vault, err := sqlvault.Open(ctx, db, sqlvault.Options{Dialect: sqlvault.SQLite, Sealer: sealer})
		if err != nil {
			return err
		}

		// An appkit.Installer stores what it is given by the host.
		who := appkit.Account{Company: 402, User: 1187}
		if err := vault.Install(ctx, who, appkit.Token{Access: "v1:AQA", APIDomain: "https://acme.example.com"}); err != nil {
			return err
		}
		token, err := vault.Load(ctx, who)
		if err != nil {
			return err
		}
		fmt.Println(token.APIDomain)
		return vault.Uninstall(ctx, who)
	}()
	if err != nil {
		fmt.Println(err)
	}
	// Output: https://acme.example.com
}
