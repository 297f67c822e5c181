package web

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
)

// inboxChannels are the channels one may filter by; none if the viewer has no
// channel.
func inboxChannels(channels []inbox.Channel, f inboxFilter) []inboxChoice {
	if len(channels) == 0 {
		return nil
	}
	out := []inboxChoice{{Value: "", Label: "All channels", Selected: f.Channel == 0}}
	for _, ch := range channels {
		out = append(out, inboxChoice{Value: strconv.FormatInt(ch.ID, 10), Label: ch.Name, Selected: ch.ID == f.Channel})
	}
	return out
}

func inboxStatuses(f inboxFilter) []inboxChoice {
	out := []inboxChoice{{Value: "open", Label: "Open"}, {Value: "closed", Label: "Closed"}, {Value: "any", Label: "Open and closed"}}
	for i := range out {
		out[i].Selected = out[i].Value == f.Status
	}
	return out
}

// filterAgents are the agents one may filter by.
func (m inboxMaker) filterAgents(f inboxFilter) []inboxChoice {
	out := []inboxChoice{{Value: "any", Label: "Anybody"}, {Value: "me", Label: "Assigned to me"}, {Value: "none", Label: "Nobody yet"}}
	for _, u := range m.active() {
		if u.ID != m.me {
			out = append(out, inboxChoice{Value: strconv.FormatInt(u.ID, 10), Label: u.Name})
		}
	}
	for i := range out {
		out[i].Selected = out[i].Value == f.Assignee
	}
	return out
}

// assignees are the agents a conversation can be given to.
func (m inboxMaker) assignees(now int64) []inboxChoice {
	out := []inboxChoice{{Value: "0", Label: "Nobody yet", Selected: now == 0}}
	known := now == 0
	for _, u := range m.active() {
		c := inboxChoice{Value: strconv.FormatInt(u.ID, 10), Label: u.Name, Selected: u.ID == now}
		if u.ID == m.me {
			c.Label += " (you)"
		}
		known = known || c.Selected
		out = append(out, c)
	}
	if !known {
		out = append(out, inboxChoice{Value: strconv.FormatInt(now, 10), Label: m.userName(now), Selected: true})
	}
	return out
}

// active are the users who can still sign in, by name, the viewer first.
func (m inboxMaker) active() []account.User {
	out := slices.DeleteFunc(slices.Clone(m.users), func(u account.User) bool { return !u.Active })
	slices.SortStableFunc(out, func(a, b account.User) int {
		if (a.ID == m.me) != (b.ID == m.me) {
			if a.ID == m.me {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

// templates are the approved texts with their places.
func (m inboxMaker) templates(ts []inbox.Template) []inboxTemplate {
	out := make([]inboxTemplate, 0, len(ts))
	for _, t := range ts {
		v := inboxTemplate{ID: strconv.FormatInt(t.ID, 10), Name: t.Name, Language: t.Language, Key: m.newKey()}
		v.Parts, v.Places = splitTemplate(t.Content)
		out = append(out, v)
	}
	return out
}

// findLinks searches the records that the conversation is not linked to yet.
func (w *Web) findLinks(ctx context.Context, c route.Caller, term string, have []inboxLink) (inboxFind, error) {
	v := inboxFind{Term: term, Short: utf8.RuneCountInString(term) < 2}
	kinds := make([]string, len(kindsOfLinks))
	for i, k := range kindsOfLinks {
		kinds[i] = k.Kind
	}
	hits, err := w.s.Records.Search(ctx, c, term, findPage, kinds...)
	if err != nil {
		return v, err
	}
	for _, k := range kindsOfLinks {
		g := inboxFindGroup{Word: k.Words}
		for _, h := range hits {
			linked := slices.ContainsFunc(have, func(l inboxLink) bool { return l.Kind == h.Kind && l.TargetID == h.ID })
			v.Linked = v.Linked || linked
			if h.Kind == k.Kind && !linked {
				l := inboxLinkOf(inbox.Link{Kind: h.Kind, TargetID: h.ID, Title: h.Title})
				l.Detail = h.Detail
				g.Found = append(g.Found, l)
			}
		}
		if len(g.Found) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return v, nil
}
