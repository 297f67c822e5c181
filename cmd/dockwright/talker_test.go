package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// retryPause is how long a talker waits before repeating what nobody answered.
const retryPause = 20 * time.Millisecond

// talker is one conversation, seen from both ends: a visitor on the web chat,
// and an agent with the composer of the inbox.
type talker struct {
	who     int
	chat    string   // the web chat's address
	token   string   // of the visitor
	thread  string   // the conversation's page in the inbox
	agent   *visitor // signed in at the host
	client  *http.Client
	visitor atomic.Int64
	answers atomic.Int64
	picture []byte
	trouble atomic.Pointer[error] // the last thing that went wrong
}

// meet opens conversations: each visitor writes once, and the agents find them in
// the inbox.
func meet(ctx context.Context, t testing.TB, at addresses, chat string, n int) []*talker {
	t.Helper()
	agent := newVisitor()
	agent.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var all []*talker
	for who := range n {
		k := &talker{who: who, chat: chat, agent: agent, client: client, picture: smallPicture(t, who)}
		if err := k.begin(ctx); err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	err := eventually(ctx, func() (bool, error) {
		missing, err := findThreads(ctx, agent, at, all)
		return missing == 0 && err == nil, err
	})
	if err != nil {
		t.Fatalf("not all conversations reached the inbox: %v", err)
	}
	return all
}

func (k *talker) name() string { return fmt.Sprintf("Visitor %02d", k.who) }

// begin makes the visitor and their conversation.
func (k *talker) begin(ctx context.Context) error { return k.beginAs(ctx, k.name(), "hello") }

func (k *talker) beginAs(ctx context.Context, name, text string) error {
	var session struct{ Token string }
	body, _ := json.Marshal(map[string]string{"name": name}) // strings always marshal
	if err := k.call(ctx, http.MethodPost, "/session", "application/json", body, &session); err != nil {
		return err
	}
	k.token = session.Token
	body, _ = json.Marshal(map[string]string{"id": "hello", "text": text})
	return k.call(ctx, http.MethodPost, "/messages", "application/json", body, nil)
}

// findThreads reads the inbox's list and notes each conversation's page.
func findThreads(ctx context.Context, agent *visitor, at addresses, all []*talker) (missing int, err error) {
	for next := at.Host + "/leads/messaging"; next != ""; {
		p, err := agent.get(ctx, next)
		if err != nil {
			return len(all), err
		}
		next = ""
		for n := range p.root.Descendants() {
			if n.Type != html.ElementNode || n.Data != "a" {
				continue
			}
			href, err := p.url.Parse(attr(n, "href"))
			if err != nil {
				continue
			}
			if hasAttr(n.Parent, "data-next") {
				next = href.String()
			}
			for _, k := range all {
				if strings.HasPrefix(href.Path, "/leads/messaging/") && strings.Contains(innerText(n), k.name()) {
					k.thread = at.Host + href.Path
				}
			}
		}
	}
	for _, k := range all {
		if k.thread == "" {
			missing++
		}
	}
	return missing, nil
}

// talk says one thing after the other, each until it is acknowledged, until stop
// is set. It does not know who is being killed.
func (k *talker) talk(ctx context.Context, side byte, l *ledger, f *traffic, stop *atomic.Bool) {
	count, say := &k.visitor, k.write
	if side == 'a' {
		count, say = &k.answers, k.answer
	}
	for !stop.Load() && ctx.Err() == nil {
		u := utterance{side, k.who, int(count.Add(1))}
		f.add(side, 1)
		for ctx.Err() == nil {
			err := say(ctx, u)
			if err == nil {
				l.ack(u)
				break
			}
			k.trouble.Store(&err)
			pause(ctx, retryPause)
		}
		f.add(side, -1)
	}
}

// write posts as the visitor's page does, with an id of its own.
func (k *talker) write(ctx context.Context, u utterance) error {
	id := u.text()
	if !u.picture() {
		body, _ := json.Marshal(map[string]string{"id": id, "text": u.text()}) // strings always marshal
		return k.call(ctx, http.MethodPost, "/messages", "application/json", body, nil)
	}
	body, kind, err := k.multipart(map[string]string{"id": id, "text": u.text()}, u)
	if err != nil {
		return err
	}
	return k.call(ctx, http.MethodPost, "/messages", kind, body, nil)
}

// answer posts as the composer does; the key makes a second try the same wish.
func (k *talker) answer(ctx context.Context, u utterance) error {
	body, kind, err := k.multipart(map[string]string{"key": "key-" + u.text(), "text": u.text()}, u)
	if err != nil {
		return err
	}
	return k.postAnswer(ctx, body, kind)
}

// answerWith posts a text of its own.
func (k *talker) answerWith(ctx context.Context, key, text string) error {
	body, kind, err := k.multipart(map[string]string{"key": key, "text": text}, utterance{n: 1})
	if err != nil {
		return err
	}
	return k.postAnswer(ctx, body, kind)
}

func (k *talker) postAnswer(ctx context.Context, body []byte, kind string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.thread+"/messages", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	for _, c := range k.agent.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	return k.acknowledged(req, http.StatusSeeOther, nil)
}

func (k *talker) multipart(fields map[string]string, u utterance) (body []byte, kind string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			return nil, "", err
		}
	}
	if u.picture() {
		part, err := w.CreateFormFile("files", u.text()+".png")
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(k.picture); err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	return b.Bytes(), w.FormDataContentType(), err
}

// call speaks to the web chat as its page does.
func (k *talker) call(ctx context.Context, method, path, kind string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, k.chat+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if k.token != "" {
		req.Header.Set("Authorization", "Bearer "+k.token)
	}
	return k.acknowledged(req, http.StatusOK, into)
}

// acknowledged sends req and is content with one status only.
func (k *talker) acknowledged(req *http.Request, status int, into any) error {
	resp, err := k.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != status {
		return fmt.Errorf("%s %s answered %s: %.300s", req.Method, req.URL, resp.Status, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// rendered reads the whole conversation from the inbox's page, the oldest first.
func (k *talker) rendered(ctx context.Context) ([]spoken, error) {
	var all []spoken
	for next := k.thread; next != ""; {
		p, err := k.agent.get(ctx, next)
		if err != nil {
			return nil, err
		}
		next = ""
		var page []spoken
		for n := range p.root.Descendants() {
			switch {
			case n.Type == html.ElementNode && n.Data == "li" && hasClass(n, "bubble-row"):
				page = append(page, spokenIn(n))
			case n.Type == html.ElementNode && hasAttr(n, "data-older"):
				for a := range n.Descendants() {
					if a.Data == "a" {
						older, err := p.url.Parse(attr(a, "href"))
						if err != nil {
							return nil, err
						}
						next = older.String()
					}
				}
			}
		}
		all = append(page, all...)
	}
	return all, nil
}

func spokenIn(row *html.Node) spoken {
	var s spoken
	for n := range row.Descendants() {
		if n.Type == html.ElementNode && hasClass(n, "bubble-text") {
			s.text = innerText(n)
		}
		if n.Type == html.ElementNode && n.Data == "img" {
			s.pictures++
		}
	}
	return s
}

// seen reads the whole conversation as the visitor's page does.
func (k *talker) seen(ctx context.Context) ([]spoken, error) {
	var all []spoken
	for before := int64(0); ; {
		var h struct {
			Messages []struct {
				Seq   int64
				Text  string
				Files []struct{ URL string }
			}
			Older bool
		}
		path := "/messages"
		if before > 0 {
			path += fmt.Sprintf("?before=%d", before)
		}
		if err := k.call(ctx, http.MethodGet, path, "", nil, &h); err != nil {
			return nil, err
		}
		var page []spoken
		for _, m := range h.Messages {
			page = append(page, spoken{m.Text, len(m.Files)})
		}
		all = append(page, all...)
		if !h.Older || len(h.Messages) == 0 {
			return all, nil
		}
		before = h.Messages[0].Seq
	}
}

func hasClass(n *html.Node, class string) bool {
	return n != nil && strings.Contains(" "+attr(n, "class")+" ", " "+class+" ")
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func smallPicture(t testing.TB, who int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 24, 24))
	for x := range 24 {
		for y := range 24 {
			img.Set(x, y, color.RGBA{uint8(x * 10), uint8(y * 10), uint8(who * 8), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
