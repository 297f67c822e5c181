package web

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/inbox"
)

// browse serves the bench to a browser as its owner.
func (b *inboxBench) browse(t *testing.T) (tab *browsertest.Tab, origin string) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	b.web.csp = contentSecurityPolicy("http://"+srv.Listener.Addr().String(), "")
	srv.Config.Handler = b.handler(b.as(b.owner))
	srv.Start()
	tab = browsertest.New(t)
	t.Cleanup(srv.Close)
	// A browser without a screen has no window in front of a person.
	_, err := chromedp.Call(tab.Context(), emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.must(err)
	return tab, srv.URL
}

const (
	pane    = `document.querySelector('.thread-scroll')`
	atEnd   = `(` + pane + `.scrollHeight - ` + pane + `.scrollTop - ` + pane + `.clientHeight < 2)`
	field   = `document.querySelector('.composer textarea')`
	rowsNow = `document.querySelectorAll('.bubble-row').length`
)

// TestThreadInTheBrowser reads, scrolls, hears and writes in one conversation.
func TestThreadInTheBrowser(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	for i := range 3 * threadPage {
		b.receive(said("t1", fmt.Sprintf("m%d", i), fmt.Sprintf("text %d", i), benchTime.Add(-50*time.Hour+time.Duration(i)*time.Hour/2)))
	}
	b.receive(said("t2", "other", "I am somebody else", benchTime.Add(-time.Hour)))
	c, other := b.conversation("t1"), b.conversation("t2")
	tab, origin := b.browse(t)
	tab.Open(origin + conversationURL(c.ID))
	tab.Wait(`document.documentElement.dataset.live === 'on' && ` + atEnd)
	tab.Wait(`document.querySelector('#conversation-` + fmt.Sprint(c.ID) + ` .inbox-count') === null`) // spec: messaging.inbox.seen

	// News while one writes at the end: it is shown, the draft and the focus stay.
	// spec: messaging.inbox.live
	tab.Run(chromedp.SendKeys(`.composer textarea`, "half a sent"))
	b.receive(said("t1", "new-1", "are you there?", benchTime))
	tab.Wait(`document.querySelector('.thread').lastElementChild.textContent.includes('are you there?') && ` + atEnd)
	if !browsertest.Eval[bool](tab, field+`.value === 'half a sent' && document.activeElement === `+field) {
		t.Error("the draft or the focus was lost when a message came")
	}
	b.scrollUp(t, tab)
	b.newsAbove(t, tab)
	b.writes(t, tab, c.ID)
	b.draftStays(tab, other.ID)
}

// scrollUp loads all older pages and demands that what is read stays in place.
func (b *inboxBench) scrollUp(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for range 2 {
		rows := browsertest.Eval[int](tab, rowsNow)
		moved := browsertest.Eval[float64](tab, `new Promise((done) => {
			const list = document.querySelector('.thread');
			const mark = list.querySelector('.bubble-row');
			// As a person does, who scrolls again when the thread has moved.
			const up = setInterval(() => { `+pane+`.scrollTop = 0; }, 100);
			`+pane+`.scrollTop = 0;
			const before = mark.getBoundingClientRect().top;
			new MutationObserver((_, o) => {
				if (list.querySelector('.bubble-row') === mark) return;
				clearInterval(up);
				o.disconnect();
				requestAnimationFrame(() => done(Math.abs(mark.getBoundingClientRect().top - before)));
			}).observe(list, {childList: true});
		})`)
		if now := browsertest.Eval[int](tab, rowsNow); now <= rows || moved > 2 {
			t.Errorf("older messages: %d rows became %d, and what was read moved by %.0f pixels", rows, now, moved)
		}
	}
	tab.Wait(`document.querySelector('[data-start]') !== null`)
	days := browsertest.Eval[string](tab, `[...document.querySelectorAll('.thread-day')].map((d) => d.dataset.day).join(' ')`)
	if seen := strings.Fields(days); len(seen) < 3 || len(seen) > 4 {
		t.Errorf("the separators are %s", days)
	}
}

// newsAbove lets a message come while one reads further up.
func (b *inboxBench) newsAbove(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	top := browsertest.Eval[float64](tab, `(`+pane+`.scrollTop = 300, `+pane+`.scrollTop)`)
	b.receive(said("t1", "new-2", "hello again", benchTime.Add(time.Minute)))
	tab.Wait(`!document.querySelector('[data-pill]').hidden`)
	if now := browsertest.Eval[float64](tab, pane+`.scrollTop`); now != top {
		t.Errorf("a message that came moved the thread from %v to %v", top, now)
	}
	tab.Run(chromedp.Click(`[data-pill]`))
	tab.Wait(atEnd + ` && document.querySelector('[data-pill]').hidden`)
}

// writes sends by Enter, twice in a row, and follows the status.
func (b *inboxBench) writes(t *testing.T, tab *browsertest.Tab, id int64) {
	t.Helper()
	tab.Run(chromedp.SendKeys(`.composer textarea`, "ence.\rand another\r"))
	tab.Wait(`document.querySelectorAll('.bubble-row.out .tick-sent').length === 2 && ` + atEnd)
	var own []string
	for _, m := range b.messages(id) {
		if m.Outgoing {
			own = append(own, m.Text)
		}
	}
	if strings.Join(own, "|") != "half a sentence.|and another" {
		t.Errorf("sent %q", own)
	}
	if !browsertest.Eval[bool](tab, field+`.value === '' && document.querySelector('[data-error]').hidden`) {
		t.Error("the composer is not empty and quiet")
	}
}

// draftStays goes to another conversation and back in the middle of a word.
func (b *inboxBench) draftStays(tab *browsertest.Tab, other int64) {
	here := browsertest.Eval[string](tab, `location.pathname`)
	tab.Run(chromedp.SendKeys(`.composer textarea`, "to be contin"))
	tab.Run(chromedp.Click(`#conversation-` + fmt.Sprint(other) + ` a`))
	tab.Wait(`document.querySelector('.thread').textContent.includes('somebody else') && ` + field + `.value === ''`)
	tab.Run(chromedp.Click(`.inbox-item-link[href="` + here + `"]`))
	tab.Wait(`document.querySelector('.inbox-item-link[aria-current]').pathname === '` + here + `' && ` + field + `.value === 'to be contin'`)
}

// TestComposerKeepsWhatCouldNotBeSent refuses a message and lets it be sent again.
func TestComposerKeepsWhatCouldNotBeSent(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	m := said("t1", "m1", "hello", benchTime)
	b.receive(m)
	c := b.conversation("t1")
	tab, origin := b.browse(t)
	tab.Open(origin + conversationURL(c.ID))
	tab.Wait(`document.documentElement.dataset.live === 'on'`)
	tab.Run(chromedp.Evaluate[chromedp.Void](`(() => {
		const real = window.fetch;
		let lost = 1;
		// The first answer to a message gets lost on its way.
		window.fetch = async (to, init) => {
			const answer = await real(to, init);
			if (String(to).endsWith('/messages') && lost-- > 0) throw new TypeError('lost');
			return answer;
		};
		const file = new File(['abc'], 'note.txt', {type: 'text/plain'});
		const drop = new DataTransfer();
		drop.items.add(file);
		document.querySelector('.inbox-talk').dispatchEvent(new DragEvent('drop', {dataTransfer: drop, bubbles: true, cancelable: true}));
	})()`))
	tab.Wait(`document.querySelectorAll('.composer-file').length === 1`)
	tab.Run(chromedp.SendKeys(`.composer textarea`, "with a file\r"))
	tab.Wait(`!document.querySelector('[data-error]').hidden && ` + field + `.value === 'with a file' && document.querySelectorAll('.composer-file').length === 1`)
	tab.Run(chromedp.SendKeys(`.composer textarea`, "\r"))
	tab.Wait(`document.querySelectorAll('.bubble-row.out .tick-sent').length === 1 && ` + field + `.value === '' && document.querySelector('.bubble-file') !== null`)
	b.until("the message is sent", func() bool { ms := b.messages(c.ID); return ms[len(ms)-1].Status == inbox.Sent })
	// The same wish went out twice over the wire and once to the customer.
	if ms := b.messages(c.ID); len(ms) != 2 {
		t.Errorf("%d messages were stored", len(ms)-1)
	}
}

// TestListInTheBrowser scrolls through the list, hears news and opens a
// conversation far down.
func TestListInTheBrowser(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	const talks = 2*listPage + 5
	for i := range talks {
		b.receive(said(fmt.Sprintf("t%d", i), fmt.Sprintf("m%d", i), "hello", benchTime.Add(-time.Duration(i)*time.Minute)))
	}
	last := b.conversation(fmt.Sprintf("t%d", talks-1))
	deep := b.conversation(fmt.Sprintf("t%d", talks-3))
	tab, origin := b.browse(t)
	tab.Open(origin + inboxPath)
	tab.Wait(`document.documentElement.dataset.live === 'on'`)
	const rows = `document.querySelectorAll('.inbox-item').length`
	for _, want := range []int{2 * listPage, talks} {
		tab.Run(chromedp.Evaluate[chromedp.Void](`void (document.querySelector('dw-inbox-list').scrollTop = 1e6)`))
		tab.Wait(rows + fmt.Sprintf(` === %d`, want))
	}
	b.receive(said(fmt.Sprintf("t%d", talks-1), "news", "it is me again", benchTime.Add(time.Second)))
	tab.Wait(fmt.Sprintf(`document.querySelector('.inbox-item').id === 'conversation-%d'`, last.ID))
	tab.Wait(`document.querySelector('.inbox-item').textContent.includes('it is me again')`)
	// spec: messaging.inbox.live
	if n := browsertest.Eval[int](tab, rows); n != talks {
		t.Errorf("%d rows after a message, want %d", n, talks)
	}
	tab.Run(chromedp.ScrollIntoView(fmt.Sprintf(`#conversation-%d`, deep.ID)))
	top := browsertest.Eval[float64](tab, `document.querySelector('dw-inbox-list').scrollTop`)
	tab.Run(chromedp.Click(fmt.Sprintf(`#conversation-%d a`, deep.ID)))
	tab.Wait(fmt.Sprintf(`document.querySelector('#conversation-%d a').getAttribute('aria-current') === 'true' && document.querySelector('.bubble-row') !== null`, deep.ID))
	if now := browsertest.Eval[float64](tab, `document.querySelector('dw-inbox-list').scrollTop`); now < top-2 || now > top+2 {
		t.Errorf("opening a conversation moved the list from %v to %v", top, now)
	}
	if n := browsertest.Eval[int](tab, rows); n != talks {
		t.Errorf("%d rows after opening a conversation, want %d", n, talks)
	}
	b.must(b.inbox.SetStatus(t.Context(), b.as(b.owner), deep.ID, "closed"))
	tab.Wait(fmt.Sprintf(`document.querySelector('#inbox-head .badge').textContent === 'Closed' && document.querySelector('#conversation-%d') === null`, deep.ID))
	if n := browsertest.Eval[int](tab, rows); n != talks-1 {
		t.Errorf("%d rows after one was closed, want %d", n, talks-1)
	}
}
