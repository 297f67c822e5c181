package journal

import (
	"net/http"
	"strings"
	"testing"
)

// spec: journal.secrets-masked
func TestMaskBody(t *testing.T) {
	t.Parallel()
	const form, js = "application/x-www-form-urlencoded", "application/json"
	for _, c := range []struct{ name, contentType, body, want string }{
		{"form", form, "grant_type=authorization_code&code=s3cret&redirect_uri=x", "grant_type=authorization_code&code=***&redirect_uri=x"},
		{"form, escaped name", form, "client%5Fsecret=s3cret&Client-Secret=s3cret", "client%5Fsecret=***&Client-Secret=***"},
		{"form, more names", form, "webhook_secret=s3cret&New-Password=s3cret&secretary=Ann", "webhook_secret=***&New-Password=***&secretary=Ann"},
		{"json, cloud link", js, `{"u":"https://b/k?X-Amz-Expires=60&X-Amz-Signature=s3cret&a_secret=s3cret"}`, `{"u":"https://b/k?X-Amz-Expires=60&X-Amz-Signature=***&a_secret=***"}`},
		{"form, nested name", form, "app[password]=s3cret", "app[password]=***"},
		{"form without type", "", "refresh_token=s3cret", "refresh_token=***"},
		{"form, link in a value", form, "next=https%3A%2F%2Fx%2Fy%3Fsig%3Ds3cret%26a%3D1", "next=https%3A%2F%2Fx%2Fy%3Fsig%3D***%26a%3D1"},
		{"form, link escaped twice", form, "n=%253Fsig%253Ds3cret%2526a%253D1", "n=%253Fsig%253D***%2526a%253D1"},
		{"json", js, `{"access_token":"s3cret","expires_in":3599}`, `{"access_token":"***","expires_in":3599}`},
		{"json, spaces", js, "{\n  \"password\" :\t\"s3cret\"\n}", "{\n  \"password\" :\t\"***\"\n}"},
		{"json, number", js, `{"api_token": 123456, "a": 1}`, `{"api_token": "***", "a": 1}`},
		{"json, nested value", js, `{"password":{"x":["s3cret","}"]},"a":1}`, `{"password":"***","a":1}`},
		{"json, escaped name", js, `{"client\u005fsecret":"s3cret"}`, `{"client\u005fsecret":"***"}`},
		{"json, quote inside", js, `{"password":"s3c\"s3cret","a":"b"}`, `{"password":"***","a":"b"}`},
		{"json, cut", js, `{"a":1,"refresh_token":"s3cre`, `{"a":1,"refresh_token":"***"`},
		{"json, odd quote before", js, `it is 5" long {"client_secret":"s3cret"}`, `it is 5" long {"client_secret":"***"}`},
		{"json in a string", js, `{"error":"got {\"client_secret\":\"s3cret\",\"a\":1}"}`, `{"error":"got {\"client_secret\":\"***\",\"a\":1}"}`},
		{"json, wrong type", "text/plain", `{"code":"5e21aa77"}`, `{"code":"***"}`},
		{"json, error codes stay", js, `{"code":400,"error":{"code":"INVALID_BODY"}}`, `{"code":400,"error":{"code":"INVALID_BODY"}}`},
		{"json, nothing there", js, `{"password":null,"token":""}`, `{"password":null,"token":""}`},
		{"json, value is a name", js, `["password","s3"]`, `["password","s3"]`},
		{"json, signed link", js, `{"url":"https://a/b?x=1&sig=s3cret"}`, `{"url":"https://a/b?x=1&sig=***"}`},
		{"json, signed link escaped", js, `{"url":"https://a/b?x=1\u0026sig=s3cret\u0026y=2"}`, `{"url":"https://a/b?x=1\u0026sig=***\u0026y=2"}`},
		{"html", "text/html", `<a href="/f?a=1&amp;sig=s3cret">x</a>`, `<a href="/f?a=1&amp;sig=***">x</a>`},
		{"plain text stays", "text/plain", `my code=blue is ok, 100% sig`, `my code=blue is ok, 100% sig`},
		{"picture", "image/png", "\x89PNG\x00", "[image/png, 5 bytes, not kept]"},
		{"unknown bytes", "", "\x00\x01", "[binary, 2 bytes, not kept]"},
		{"invalid UTF-8 in text", js, "{\"a\":\"\xff\"}", "{\"a\":\"\uFFFD\"}"},
	} {
		got, changes := keepBody(c.contentType, []byte(c.body), int64(len(c.body)), false)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if masked := strings.Contains(c.want, Mask); masked != changes.Has(Masked) {
			t.Errorf("%s: Masked is %v", c.name, changes.Has(Masked))
		}
		if changes.Has(Summarised) {
			continue
		}
		again, _ := keepBody(c.contentType, []byte(got), int64(len(got)), false)
		if again != got {
			t.Errorf("%s: masked twice gives %s", c.name, again)
		}
	}
}

func TestMaskHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer s3cret", "Bearer ***"},
		{"Authorization", "Basic czNjcmV0", "Basic ***"},
		{"Authorization", "s3cret", "***"},
		{"Authorization", "s3cret more", "***"},
		{"X-Api-Token", "s3cret", "***"},
		{"Cookie", "a=s3cret; dockwright_session=s3cret;s3cret", "a=***; dockwright_session=***; ***=***"},
		{"Set-Cookie", "dockwright_session=s3cret; Path=/; HttpOnly", "dockwright_session=***; Path=/; HttpOnly"},
		{"Set-Cookie", "a=s3cret", "a=***"},
		{"Location", "https://app/callback?code=s3cret&state=1", "https://app/callback?code=***&state=1"},
		{"Accept", "text/html", "text/html"},
	} {
		if got := maskHeader(c.name, c.value); got != c.want {
			t.Errorf("%s: %s: got %s, want %s", c.name, c.value, got, c.want)
		}
	}
}

func TestMaskURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://h/p?api_token=s3cret&a=1":             "http://h/p?api_token=***&a=1",
		"http://h/p?a=1&api_token=s3cret#frag":        "http://h/p?a=1&api_token=***#frag",
		"http://h/p#access_token=s3cret":              "http://h/p#access_token=***",
		"http://user:s3cret@h/p@q":                    "http://***@h/p@q",
		"/p?sig=s3cret":                               "/p?sig=***",
		"http://h/sig=1":                              "http://h/sig=1",
		"http://h/p?u=http%3A%2F%2Fx%3Fcode%3Ds3cret": "http://h/p?u=http%3A%2F%2Fx%3Fcode%3D***",
	} {
		if got := MaskURL(raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestMaskMultipart(t *testing.T) {
	t.Parallel()
	part := func(disposition, contentType, body string) string {
		head := "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n"
		if contentType != "" {
			head += "Content-Type: " + contentType + "\r\n"
		}
		return head + "\r\n" + body + "\r\n"
	}
	const mp = "multipart/form-data; boundary=B"
	for _, c := range []struct{ name, body, want string }{
		{"text stays", part(`name="message"`, "", "hello --B there") + "--B--\r\n", part(`name="message"`, "", "hello --B there") + "--B--\r\n"},
		{"secret", part(`name="client_secret"`, "", "s3cret") + "--B--", part(`name="client_secret"`, "", "***") + "--B--"},
		{"secret, cut in half", part(`name="password"`, "", "s3c"), part(`name="password"`, "", "***")},
		{"secret, name not quoted", part(`name=password`, "", "s3cret") + "--B--", part(`name=password`, "", "***") + "--B--"},
		{"secret, disposition broken", part(`name="password"; ;x`, "", "s3cret") + "--B--", part(`name="password"; ;x`, "", "***") + "--B--"},
		{"json part", part(`name="m"`, "application/json", `{"access_token":"s3cret"}`) + "--B--", part(`name="m"`, "application/json", `{"access_token":"***"}`) + "--B--"},
		{"file", part(`name="f"; filename="a.png"`, "image/png", "s3cret") + "--B--", part(`name="f"; filename="a.png"`, "image/png", "[image/png, 6 bytes, not kept]") + "--B--"},
		{"file, text", part(`name="f"; filename="a.txt"`, "text/plain", "s3cret") + "--B--", part(`name="f"; filename="a.txt"`, "text/plain", "[text/plain, 6 bytes, not kept]") + "--B--"},
		{"longer boundary", part(`name="a"`, "", "1\r\n--BB\r\n2") + "--B--", part(`name="a"`, "", "1\r\n--BB\r\n2") + "--B--"},
		{"bare line ends", "--B\nContent-Disposition: form-data; name=\"password\"\n\ns3cret\n--B--", "--B\nContent-Disposition: form-data; name=\"password\"\n\n***\n--B--"},
		{"folded header", "--B\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\ns3cret\r\n--B--", "--B\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\n***\r\n--B--"},
		{"not multipart at all", `{"password":"s3cret"}`, `{"password":"***"}`},
	} {
		got, _ := keepBody(mp, []byte(c.body), int64(len(c.body)), false)
		if got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}

	body := part(`name="recipientIds[]"`, "", "u1") + part(`name="f"; filename="a.png"`, "image/png", "xyz") + "--B--"
	kept, changes := keepBody(mp, []byte(body), int64(len(body)), false)
	if !changes.Has(Summarised) || changes.Has(Masked) {
		t.Errorf("changes are %b", changes)
	}
	parts, ok := SplitMultipart(mp, []byte(kept))
	if !ok || len(parts) != 2 || parts[0].Name != "recipientIds[]" || parts[0].Body != "u1" || parts[1].FileName != "a.png" || parts[1].ContentType != "image/png" {
		t.Errorf("parts are %+v", parts)
	}
}

func TestKeepBodyBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", BodyLimit)
	got, changes := keepBody("text/plain", []byte(long), int64(len(long)), false)
	if len(got) > BodyLimit || len(got) < BodyLimit-3 || !strings.HasPrefix(long, got) || changes != Truncated {
		t.Errorf("long text: %d bytes, changes %b", len(got), changes)
	}
	if got, changes := keepBody("application/json", []byte(`{"a":"ü`)[:7], 100, false); got != "{\"a\":\"\uFFFD" || changes != Truncated {
		t.Errorf("cut in a character: %q, %b", got, changes)
	}
	if got, changes := keepBody("text/plain", []byte("hello"), 5, true); got != "" || changes != Left {
		t.Errorf("headers only: %q, %b", got, changes)
	}
	if got, changes := keepBody("text/plain", nil, 5, false); got != "" || changes != Left {
		t.Errorf("not read: %q, %b", got, changes)
	}
	h := http.Header{"X-Long": {strings.Repeat("x", 1<<20)}}
	if n := len(keepHeader(h)); n > headerLimit+1000 {
		t.Errorf("headers take %d bytes", n)
	}
}

// TestMaskHostile masks bodies made to be slow. Any of them would run for minutes
// if the work grew with the square of the length.
func TestMaskHostile(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`"`, `\"`, `"code":`, `\"code\":\"x`, "?sig=", "?sig=%26", "%26sig%3d", "%2526sig%253d", "&", "a_", `{"code":{`, `"a":"b",`,
		"--B\r\n", "--B\r\n\r\n\r\n", "--B\r\nA: b\r\n x\r\n", " x\n", "code=&",
	} {
		body := strings.Repeat(s, 300_000/len(s))
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"} {
			if got, _ := keepBody(contentType, []byte(body), int64(len(body)), false); len(got) > BodyLimit {
				t.Errorf("%s of %q: %d bytes kept", contentType, s, len(got))
			}
		}
	}
}
