//go:build unix

package storetest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// identity is the user a server runs as; PostgreSQL refuses to run as root.
type identity struct{ cred *syscall.Credential }

// servant picks the user and gives it the directory.
func servant(dir string) (*identity, error) {
	if os.Geteuid() != 0 {
		return &identity{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil {
			continue
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			return nil, err
		}
		return &identity{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (i *identity) apply(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: i.cred}
}

// alone keeps an interrupt at the keyboard away from the supervisor, which ends
// by itself when the tests do.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr.Setpgid = true }
