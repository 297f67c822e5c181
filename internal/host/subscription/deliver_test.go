package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// On both databases a change reaches the webhook once, and the log says so.
// spec: webhooks.delivery
// spec: webhooks.log
func TestAChangeIsTold(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, r *rig) {
		r.append(added(1)) // before there is anybody to tell
		w := r.create(app, Draft{AuthUser: "hook", AuthPassword: "s3"})
		r.append(added(2))
		got := r.next()
		if got.v2.Meta.EntityID != "2" || got.v2.Meta.WebhookID != decimal(w.ID) || got.v2.Meta.Type != webhookapi.TypeApplication {
			t.Errorf("told %s", got.raw)
		}
		list := r.settled(w, 1)
		if len(list) != 1 || list[0].State != Delivered || list[0].Attempts != 1 || list[0].Status != 200 || list[0].Event != "create.person" {
			t.Errorf("the log says %+v", list)
		}
		after := r.webhook(w.ID)
		if after.LastStatus != 200 || after.LastDeliveryAt.IsZero() || after.Strikes != 0 {
			t.Errorf("the webhook says %+v", after)
		}
	})
}

// A password is sent as Basic authentication and never stored as it is.
// spec: webhooks.basic-auth
func TestBasicAuth(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		w := r.create(admin, Draft{AuthUser: "hook", AuthPassword: "very s3cret"})
		r.append(added(1))
		if got := r.next().header.Get("Authorization"); got != "Basic aG9vazp2ZXJ5IHMzY3JldA==" {
			t.Errorf("Authorization %q", got)
		}
		err := r.db.Company(1).View(t.Context(), func(tx *store.Tx) error {
			sealed, err := store.One(tx, store.Value[string], `SELECT auth_sealed FROM subscription_webhook WHERE company_id = @company AND id = ?`, w.ID)
			if strings.Contains(sealed, "s3cret") || sealed == "" {
				t.Errorf("stored as %q", sealed)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// What fails is tried again after 3, 30 and 150 seconds, with the same id and
// rising numbers, whatever the failure is.
// spec: webhooks.retries
// spec: webhooks.attempt-number
// spec: webhooks.success-is-2xx
func TestRetries(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(seen) (int, error){
		"500": always(500), "404": always(404), "a redirect": always(302),
		"nobody there": func(seen) (int, error) { return 0, errors.New("nobody listens") },
		"too slow":     func(seen) (int, error) { return 0, context.Canceled },
	} {
		for _, version := range []string{webhookapi.Version1, webhookapi.Version2} {
			t.Run(name+" "+version, func(t *testing.T) {
				t.Parallel()
				inTime(t, func(t *testing.T, r *rig) {
					r.receiver.answers(answer)
					w := r.create(admin, Draft{Version: version})
					r.append(added(5))
					first := r.next()
					last := first
					for n, pause := range []time.Duration{3 * time.Second, 30 * time.Second, 150 * time.Second} {
						got := r.next()
						took := got.at.Sub(last.at)
						if name == "too slow" {
							pause += 10 * time.Second
						}
						if took < pause || took > pause+2*time.Second {
							t.Errorf("attempt %d came after %s, want %s", n+2, took, pause)
						}
						if version == webhookapi.Version2 && (got.v2.Meta.Attempt != n+2 || got.v2.Meta.ID != first.v2.Meta.ID) ||
							version == webhookapi.Version1 && (got.v1.Retry != n+1 || first.v1.Retry != 0) {
							t.Errorf("attempt %d says %s", n+2, got.raw)
						}
						last = got
					}
					r.nothing(10 * time.Minute)
					list := r.log(w)
					if len(list) != 1 || list[0].State != Failed || list[0].Attempts != 4 || list[0].Error == "" {
						t.Errorf("the log says %+v", list)
					}
					if got := r.webhook(w.ID); got.Strikes != 1 {
						t.Errorf("%d strikes, want 1: retries are none", got.Strikes)
					}
				})
			})
		}
	}
}

// Whatever the receiver does, first attempts come in the order of the changes,
// every change is tried until it succeeds or four times, and no two attempts of
// one change say the same number.
// spec: webhooks.order
func TestOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		count := rapid.IntRange(1, 9).Draw(rt, "changes") // ten failures would be a ban
		fails := rapid.SliceOfN(rapid.IntRange(0, 4), count, count).Draw(rt, "failures")
		synctest.Test(t, func(t *testing.T) {
			order(t, rt, fails)
		})
	})
}

func order(t *testing.T, rt *rapid.T, fails []int) {
	clk := &jumping{}
	r := newRig(t, sqliteIn(t, clk), clk)
	defer r.run()()
	r.receiver.answers(func(s seen) (int, error) {
		if s.v2.Meta.Attempt <= fails[entityOf(s)-1] {
			return 500, nil
		}
		return 200, nil
	})
	w := r.create(admin, Draft{})
	for i := range fails {
		r.append(added(int64(i + 1)))
	}
	list := r.settled(w, len(fails))
	last := map[string]int{}
	var firsts []string
	for len(r.receiver.came) > 0 {
		s := <-r.receiver.came
		if s.v2.Meta.Attempt != last[s.entity()]+1 {
			rt.Fatalf("attempt %d of %s after %d", s.v2.Meta.Attempt, s.entity(), last[s.entity()])
		}
		if last[s.entity()] = s.v2.Meta.Attempt; s.v2.Meta.Attempt == 1 {
			firsts = append(firsts, s.entity())
		}
	}
	for i, n := range fails {
		id := fmt.Sprint(i + 1)
		want, state := n+1, Delivered
		if n == 4 {
			want, state = 4, Failed
		}
		if firsts[i] != id || last[id] != want || list[i].State != state {
			rt.Fatalf("change %s with %d failures: %d attempts, %s; order %v", id, n, last[id], list[i].State, firsts)
		}
	}
}

// A failing change does not hold up the next one.
// spec: webhooks.order
func TestRetriesHoldNothingUp(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		r.receiver.answers(func(s seen) (int, error) {
			if s.entity() == "1" {
				return 500, nil
			}
			return 204, nil
		})
		r.create(admin, Draft{})
		r.append(added(1), added(2))
		one, two := r.next(), r.next()
		if one.entity() != "1" || two.entity() != "2" || two.at.Sub(one.at) > time.Second {
			t.Errorf("first %s, then %s after %s", one.entity(), two.entity(), two.at.Sub(one.at))
		}
	})
}

// Ten failed first attempts silence a webhook for half an hour. What happens then
// is lost; after it the count begins anew.
// spec: webhooks.ban
// spec: webhooks.ban-retries
func TestBan(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		r.receiver.answers(func(s seen) (int, error) {
			if s.v2.Meta.Attempt == 1 {
				return 500, nil
			}
			return 200, nil
		})
		w := r.create(admin, Draft{})
		for i := range int64(10) {
			r.append(added(i + 1))
		}
		r.append(added(99)) // happens while banned
		list := r.settled(w, 11)
		for _, d := range list[:10] {
			if d.State != Delivered || d.Attempts != 2 {
				t.Errorf("retry during the ban: %+v", d)
			}
		}
		if d := list[10]; d.State != Lost || d.Attempts != 0 || !strings.Contains(d.Error, "banned") {
			t.Errorf("what happened while banned: %+v", d)
		}
		got := r.webhook(w.ID)
		if !got.Banned(r.db.Now()) || got.Strikes != 0 {
			t.Errorf("the webhook says %+v", got)
		}
		for len(r.receiver.came) > 0 {
			if s := <-r.receiver.came; s.entity() == "99" {
				t.Error("sent although banned")
			}
		}
		r.clock.ahead.Add(int64(31 * time.Minute))
		r.append(added(100))
		if s := r.next(); s.entity() != "100" {
			t.Errorf("after the ban: %s", s.raw)
		}
	})
}

// A webhook whose deliveries fail for three days is removed, with the reason; one
// success in between begins the three days anew, and silence is no failure.
// spec: webhooks.three-days
func TestThreeDays(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		r.receiver.answers(func(s seen) (int, error) {
			if s.entity() == "3" {
				return 200, nil
			}
			return 500, nil
		})
		w := r.create(admin, Draft{})
		// Day 0 fails, day 2 fails, day 2 succeeds, day 4 fails, day 8 fails.
		for id, jump := range []time.Duration{0, 48 * time.Hour, 0, 48 * time.Hour} {
			r.clock.ahead.Add(int64(jump))
			r.append(added(int64(id + 1)))
			r.settled(w, id+1)
		}
		if got := r.webhook(w.ID); !got.RemovedAt.IsZero() {
			t.Fatalf("removed too early: %s", got.RemoveReason)
		}
		r.clock.ahead.Add(int64(96 * time.Hour))
		r.append(added(5))
		r.settled(w, 4) // the first is older than a week
		got := r.webhook(w.ID)
		if got.RemovedAt.IsZero() || !strings.Contains(got.RemoveReason, "three days") {
			t.Fatalf("the webhook says %+v", got)
		}
		for len(r.receiver.came) > 0 {
			<-r.receiver.came
		}
		r.append(added(6))
		r.nothing(time.Minute)
		if list, _ := r.s.Webhooks(t.Context(), admin); len(list) != 0 {
			t.Errorf("still listed: %+v", list)
		}
		if list, _ := r.s.RemovedByHost(t.Context(), admin); len(list) != 1 {
			t.Errorf("its page is lost: %+v", list)
		}
	})
}

// A host that ends while a receiver holds the line makes the attempt again, with
// the same id and number, and loses nothing that happened meanwhile.
// spec: webhooks.delivery
func TestRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := &jumping{}
		r := newRig(t, sqliteIn(t, clk), clk)
		stop := r.run()
		r.receiver.answers(func(seen) (int, error) { return 0, context.Canceled })
		w := r.create(admin, Draft{})
		r.append(added(1))
		first := r.next()
		stop()
		r.append(added(2), added(3)) // nobody is at work
		r.receiver.answers(always(200))
		r.assemble(r.s.keys, nil)
		defer r.run()()
		again := r.next()
		if again.v2.Meta.ID != first.v2.Meta.ID || again.v2.Meta.Attempt != 1 {
			t.Errorf("first %s\nthen %s", first.raw, again.raw)
		}
		for _, want := range []string{"2", "3"} {
			if s := r.next(); s.entity() != want {
				t.Errorf("told of %s, want %s", s.entity(), want)
			}
		}
		for _, d := range r.settled(w, 3) {
			if d.State != Delivered || d.Attempts != 1 {
				t.Errorf("the log says %+v", d)
			}
		}
	})
}

// Nothing is sent to an app's webhook from the moment it is uninstalled, be the
// news of that still on its way, or a retry waiting; a new installation does not
// revive it.
// spec: webhooks.uninstall
func TestUninstalled(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		r.receiver.answers(always(500))
		w := r.create(app, Draft{})
		general := r.create(admin, Draft{Object: entityDeal})
		r.append(added(1))
		r.next()
		r.installs.id.Store(0)
		r.append(added(2))
		r.nothing(time.Minute) // neither the retry nor the next
		r.installs.id.Store(71)
		r.append(added(3))
		r.nothing(time.Minute)
		for _, d := range r.settled(w, 3) {
			if d.State != Lost {
				t.Errorf("the log says %+v", d)
			}
		}
		if list, err := r.s.Webhooks(t.Context(), app); err != nil || len(list) != 0 {
			t.Errorf("the new installation has %+v, %v", list, err)
		}
		r.append(event.Event{Kind: installationRemoved, Entity: "installation", EntityID: 70})
		r.append(added(4))
		r.nothing(time.Minute)
		if got := r.webhook(w.ID); got.RemovedAt.IsZero() {
			t.Error("the webhook is still there")
		}
		if got := r.webhook(general.ID); !got.RemovedAt.IsZero() {
			t.Error("a user's webhook went with the app")
		}
	})
}

// What waits for a webhook that is deleted is not sent.
// spec: webhooks.delete
func TestDeletedWhileWaiting(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		r.receiver.answers(always(500))
		w := r.create(admin, Draft{})
		r.append(added(1))
		r.next()
		if err := r.s.Delete(t.Context(), admin, w.ID); err != nil {
			t.Fatal(err)
		}
		r.append(added(2))
		r.nothing(10 * time.Minute)
		if list := r.log(w); len(list) != 1 || list[0].State != Lost {
			t.Errorf("the log says %+v", list)
		}
	})
}

// Of many deliveries the newest hundred are kept, none for longer than a week.
// spec: webhooks.log-bounded
func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		w := r.create(admin, Draft{})
		for i := range int64(150) {
			r.append(added(i + 1))
		}
		for range 150 {
			r.next()
		}
		list := r.settled(w, 100)
		stored := func() (n int) {
			err := r.db.Company(1).View(t.Context(), func(tx *store.Tx) (err error) {
				n, err = store.One(tx, store.Value[int], `SELECT COUNT(*) FROM subscription_delivery WHERE company_id = @company`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if len(list) != 100 || list[99].EntityID != "150" || stored() >= 100+pruneEvery {
			t.Errorf("%d shown, the newest %s, %d stored", len(list), list[len(list)-1].EntityID, stored())
		}
		r.clock.ahead.Add(int64(8 * 24 * time.Hour))
		if list := r.log(w); len(list) != 0 {
			t.Errorf("%d are shown after eight days", len(list))
		}
		for i := range int64(pruneEvery) {
			r.append(added(200 + i))
			r.next()
		}
		if r.settled(w, 1); stored() > pruneEvery {
			t.Errorf("%d stored after eight days", stored())
		}
	})
}

// A delivery is sent again by hand with the same id; a test is a record that says
// so. Neither is a strike, nor tried again.
// spec: webhooks.replay
// spec: webhooks.test
func TestByHand(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		w := r.create(admin, Draft{})
		r.append(added(1))
		first := r.next()
		done := r.settled(w, 1)
		r.receiver.answers(always(500))
		if err := r.s.Replay(t.Context(), admin, w.ID, done[0].ID); err != nil {
			t.Fatal(err)
		}
		if s := r.next(); s.v2.Meta.ID != first.v2.Meta.ID || s.v2.Meta.Attempt != 1 {
			t.Errorf("replayed %s", s.raw)
		}
		for _, object := range append([]string{webhookapi.Any}, entities...) {
			if object == entityActivityType {
				continue // version 2 has none
			}
			for _, action := range []string{webhookapi.Any, webhookapi.Create, webhookapi.Change, webhookapi.Delete} {
				try := r.create(admin, Draft{Object: object, Action: action})
				if err := r.s.Test(t.Context(), admin, try.ID); err != nil {
					t.Fatal(err)
				}
				s := r.next()
				var body map[string]any
				if err := json.Unmarshal(s.raw, &body); err != nil || s.v2.Meta.EntityID != "0" {
					t.Errorf("the test of %s %s: %s", action, object, s.raw)
				}
				if action != webhookapi.Any && s.v2.Meta.Action != action || object != webhookapi.Any && s.v2.Meta.Entity != object {
					t.Errorf("the test of %s %s: %s", action, object, s.raw)
				}
				if err := r.s.Delete(t.Context(), admin, try.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.nothing(10 * time.Minute)
		if got := r.webhook(w.ID); got.Strikes != 0 || !got.failingSince.IsZero() {
			t.Errorf("the webhook says %+v", got)
		}
		if err := r.s.Test(t.Context(), agent, w.ID); err == nil {
			t.Error("an agent sends from an admin's webhook")
		}
	})
}
