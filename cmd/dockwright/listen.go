package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// shutdownTime is how long running requests get once the process is told to stop.
const shutdownTime = 5 * time.Second

// door is the flag group for where one building answers.
type door struct {
	BaseURL string `help:"The address others use, when it differs from the one listened on." env:"DOCKWRIGHT_BASE_URL"`
}

// open listens on address and tells the origin under which others reach it: name
// stands for this machine, scheme is http or https. Demo mode has no sign-in and is for this machine only.
func (d door) open(address, name, scheme string, demo bool) (net.Listener, string, error) {
	l, err := listen(address, "--listen")
	if err != nil {
		return nil, "", err
	}
	at := l.Addr().(*net.TCPAddr)
	if demo && !at.IP.IsLoopback() {
		_ = l.Close()
		return nil, "", fmt.Errorf("--demo needs no sign-in, so --listen must be an address of this machine only, got %s", address)
	}
	if !at.IP.IsLoopback() && !at.IP.IsUnspecified() {
		name = at.IP.String()
	}
	return l, cmp.Or(d.BaseURL, scheme+"://"+net.JoinHostPort(name, strconv.Itoa(at.Port))), nil
}

// listenLoopback listens on this machine only: on 127.0.0.1, and on ::1 where the
// machine has it. Port 0 takes any free port, the same on both.
func listenLoopback(port int, flag string) ([]net.Listener, int, error) {
	first, err := listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), flag)
	if err != nil {
		return nil, 0, err
	}
	port = first.Addr().(*net.TCPAddr).Port
	all := []net.Listener{first}
	second, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		all = append(all, second)
	case errors.Is(err, syscall.EADDRINUSE):
		_ = first.Close()
		return nil, 0, taken(port, flag)
	}
	return all, port, nil
}

// listen listens on an address that a person chose with flag.
func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(address)
		n, _ := strconv.Atoi(port)
		return nil, taken(n, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s (%s): %w", address, flag, err)
	}
	return l, nil
}

func taken(port int, flag string) error {
	return fmt.Errorf("port %d is taken by another program; stop it, or choose another port with %s", port, flag)
}

// serve answers on the listeners until ctx ends and running requests are done.
func serve(ctx context.Context, h http.Handler, log *slog.Logger, listeners ...net.Listener) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // strangers may post; 40 MB fit into it on a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- srv.Serve(l) }()
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if e := srv.Shutdown(end); e != nil {
		_ = srv.Close()
	}
	if err == nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
