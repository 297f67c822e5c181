package crm

import (
	"context"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// pictureRoutes are the paths of persons' pictures. They are read in version 2 and
// written in version 1, as the platform has it.
func (s *Service) pictureRoutes() []route.Route {
	return []route.Route{
		s.on("GET", "/api/v2/persons/{id}/picture", "rest.persons.picture", s.getPicture, readsContacts...),
		s.on("POST", "/v1/persons/{id}/picture", "rest.persons.picture", s.addPicture, writesContacts...),
		s.on("DELETE", "/v1/persons/{id}/picture", "rest.persons.picture", s.deletePicture, writesContacts...),
	}
}

// pictureLinks are the addresses of a picture; origin is where the company is
// reached.
func pictureLinks(origin string, p records.Picture) crmapi.PictureLinks {
	return crmapi.PictureLinks{Small: origin + p.Path(records.SmallPicture), Large: origin + p.Path(records.LargePicture)}
}

// pictureV1 is a picture as version 1 writes it. It has never been changed: another
// one takes its place.
func pictureV1(origin string, p records.Picture) crmapi.Picture {
	return crmapi.Picture{
		ID: p.ID, ItemType: records.KindPerson, ItemID: p.Person, ActiveFlag: true, AddTime: rest.TimeText(rest.V1, p.AddedAt),
		UpdateTime: crmapi.NeverChanged, AddedBy: p.User, Pictures: pictureLinks(origin, p),
	}
}

// getPicture answers GET /api/v2/persons/{id}/picture.
// spec: rest.persons.picture, rest.persons.picture.none
func (s *Service) getPicture(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	person, err := s.records.Person(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	p, err := s.records.PictureOf(c.Context(), c.Caller, person.ID)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Picture")
	}
	origin, err := s.origin(c)
	return rest.OK(crmapi.PictureV2{
		ID: p.ID, ItemType: records.KindPerson, ItemID: p.Person, AddedBy: p.User, ActiveFlag: true, FileSize: p.Size, Pictures: pictureLinks(origin, p),
	}), err
}

// addPicture answers POST /v1/persons/{id}/picture. The picture stands under its id.
// spec: rest.persons.picture, rest.persons.picture.by-id
func (s *Service) addPicture(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	if _, err := s.records.Person(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	form, err := s.readForm(c, nil)
	if err != nil {
		return rest.Answer{}, err
	}
	b := rest.FormBody(form.fields)
	crop := records.Crop{X: b.Int("crop_x"), Y: b.Int("crop_y"), Width: b.Int("crop_width"), Height: b.Int("crop_height")}
	if err := b.Err(); err != nil {
		s.records.Discard(c.Context(), c.Caller, form.file)
		return rest.Answer{}, err
	}
	p, err := s.records.SetPicture(c.Context(), c.Caller, id, form.file, crop)
	if fault.KindOf(err) == fault.NotFound {
		err = rest.NotFound(err, "Person")
	}
	if err != nil {
		return rest.Answer{}, err
	}
	origin, err := s.origin(c)
	return rest.OK(map[int64]crmapi.Picture{p.ID: pictureV1(origin, p)}), err
}

// deletePicture answers DELETE /v1/persons/{id}/picture with the person's id.
// spec: rest.persons.picture
func (s *Service) deletePicture(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	if _, err := s.records.Person(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	if err := s.records.RemovePicture(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Picture")
	}
	return rest.Removed(id), nil
}

// picturesOf are the pictures of persons by the picture's id, as related objects of
// version 1.
func (s *Service) picturesOf(ctx context.Context, c route.Caller, list []records.Person, n names) (map[string]*crmapi.Picture, error) {
	var persons []int64
	for _, p := range list {
		if p.Picture != 0 {
			persons = append(persons, p.ID)
		}
	}
	found, err := s.records.Pictures(ctx, c, persons)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	origin, out := s.authz.OriginOf(n.company), map[string]*crmapi.Picture{}
	for _, p := range found {
		wire := pictureV1(origin, p)
		out[strconv.FormatInt(p.ID, 10)] = &wire
	}
	return out, nil
}
