package crm

import (
	"strconv"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// followed is a kind of record that users follow.
type followed struct {
	kind, what, path string
	reads, writes    []string
}

// followerRoutes are the paths below each kind of record that users follow.
func (s *Service) followerRoutes() []route.Route {
	var out []route.Route
	for _, f := range []followed{
		{records.KindPerson, "Person", "persons", readsContacts, writesContacts},
		{records.KindOrganization, "Organization", "organizations", readsContacts, writesContacts},
		{records.KindDeal, "Deal", "deals", []string{scopeDealsRead, scopeDealsFull}, []string{scopeDealsFull}},
	} {
		v1, v2 := "/v1/"+f.path+"/{id}/followers", "/api/v2/"+f.path+"/{id}/followers"
		out = append(out,
			s.on("GET", v1, "rest.followers", s.followersV1(f), f.reads...),
			s.on("POST", v1, "rest.followers", s.follow(f), f.writes...),
			s.on("DELETE", v1+"/{follower_id}", "rest.followers", s.unfollow(f), f.writes...),
			s.on("GET", v2, "rest.followers", s.followersV2(f), f.reads...),
			s.on("POST", v2, "rest.followers", s.follow(f), f.writes...),
			s.on("DELETE", v2+"/{follower_id}", "rest.followers", s.unfollow(f), f.writes...),
			s.on("GET", v2+"/changelog", "rest.followers.changelog", s.followings(f), f.reads...),
		)
	}
	return out
}

func followerV1(f records.Follower) crmapi.FollowerV1 {
	out := crmapi.FollowerV1{UserID: f.User, ID: f.ID, AddTime: rest.TimeText(rest.V1, f.AddedAt)}
	switch f.Entity {
	case records.KindPerson:
		out.PersonID = &f.Of
	case records.KindOrganization:
		out.OrgID = &f.Of
	case records.KindDeal:
		out.DealID = &f.Of
	}
	return out
}

func followerV2(f records.Follower) crmapi.FollowerV2 {
	return crmapi.FollowerV2{UserID: f.User, AddTime: rest.TimeText(rest.V2, f.AddedAt)}
}

// followersV1 answers GET /v1/…/{id}/followers: all of them, at most 500.
func (s *Service) followersV1(f followed) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		id, err := c.ID(f.what)
		if err != nil {
			return rest.Answer{}, err
		}
		list, more, err := s.records.Followers(c.Context(), c.Caller, f.kind, id, records.Window{Limit: rest.MaxLimit})
		out := make([]crmapi.FollowerV1, len(list))
		for i, one := range list {
			out[i] = followerV1(one)
		}
		return rest.Answer{Data: out, Additional: rest.Paged(0, rest.MaxLimit, more)}, rest.NotFound(err, f.what)
	}
}

// followersV2 answers GET /api/v2/…/{id}/followers.
func (s *Service) followersV2(f followed) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		id, w, order, err := followerPage(c, f)
		if err != nil {
			return rest.Answer{}, err
		}
		list, more, err := s.records.Followers(c.Context(), c.Caller, f.kind, id, w)
		if err != nil {
			return rest.Answer{}, rest.NotFound(err, f.what)
		}
		out, next := make([]crmapi.FollowerV2, len(list)), ""
		for i, one := range list {
			out[i], next = followerV2(one), nextCursor(order, more, one.ID, one.AddedAt, one.AddedAt)
		}
		return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
	}
}

func followerPage(c *rest.Call, f followed) (int64, records.Window, rest.Order, error) {
	id, err := c.ID(f.what)
	if err != nil {
		return 0, records.Window{}, rest.Order{}, err
	}
	w, order, err := byIDWindow(c.Query(), rest.MaxLimit)
	return id, w, order, err
}

// followings answers GET /api/v2/…/{id}/followers/changelog.
// spec: rest.followers.changelog
func (s *Service) followings(f followed) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		id, w, order, err := followerPage(c, f)
		if err != nil {
			return rest.Answer{}, err
		}
		list, more, err := s.records.Followings(c.Context(), c.Caller, f.kind, id, w)
		if err != nil {
			return rest.Answer{}, rest.NotFound(err, f.what)
		}
		out, next := make([]crmapi.Following, len(list)), ""
		for i, one := range list {
			out[i] = crmapi.Following{
				Action: one.Action, ActorUserID: one.Actor, FollowerUserID: one.User, Time: rest.TimeText(rest.V2, one.At),
			}
			next = nextCursor(order, more, one.ID, one.At, one.At)
		}
		return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
	}
}

// follow answers POST …/{id}/followers of both versions.
func (s *Service) follow(f followed) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		id, err := c.ID(f.what)
		if err != nil {
			return rest.Answer{}, err
		}
		b, err := c.Body()
		if err != nil {
			return rest.Answer{}, err
		}
		user := given(b.Int("user_id"))
		if err := b.Done(); err != nil {
			return rest.Answer{}, err
		}
		one, err := s.records.Follow(c.Context(), c.Caller, f.kind, id, user)
		if err != nil {
			return rest.Answer{}, rest.NotFound(err, f.what)
		}
		if c.Version == rest.V2 {
			return rest.OK(followerV2(one)), nil
		}
		return rest.OK(followerV1(one)), nil
	}
}

// unfollow answers DELETE …/{id}/followers/{follower_id}: version 1 gives the id
// of the following, version 2 that of the user.
func (s *Service) unfollow(f followed) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		id, err := c.ID(f.what)
		if err != nil {
			return rest.Answer{}, err
		}
		follower, err := c.PathID("follower_id", "Follower")
		if err != nil {
			return rest.Answer{}, err
		}
		user, following := follower, int64(0)
		if c.Version == rest.V1 {
			user, following = 0, follower
		}
		if err := s.records.Unfollow(c.Context(), c.Caller, f.kind, id, user, following); err != nil {
			return rest.Answer{}, rest.NotFound(err, "Follower "+strconv.FormatInt(follower, 10))
		}
		if c.Version == rest.V2 {
			return rest.OK(map[string]any{"user_id": user}), nil
		}
		return rest.Removed(follower), nil
	}
}
