package crmapi

// NeverChanged stands in version 1 where a picture has no time of a change.
const NeverChanged = "0000-00-00 00:00:00"

// PictureLinks are the addresses of a picture by its size in pixels.
type PictureLinks struct {
	Small string `json:"128"`
	Large string `json:"512"`
}

// Picture is a person's picture of version 1.
type Picture struct {
	ID         int64        `json:"id"`
	ItemType   string       `json:"item_type"` // person
	ItemID     int64        `json:"item_id"`   // of the person
	ActiveFlag bool         `json:"active_flag"`
	AddTime    string       `json:"add_time"`
	UpdateTime string       `json:"update_time"` // or NeverChanged
	AddedBy    int64        `json:"added_by_user_id"`
	Pictures   PictureLinks `json:"pictures"`
}

// PictureRef is a picture inside of a person of version 1: its id stands as value,
// and as id too, which newer clients read.
type PictureRef struct {
	Picture
	Value int64 `json:"value"`
}

// PictureV2 is a person's picture of version 2.
type PictureV2 struct {
	ID         int64        `json:"id"`
	ItemType   string       `json:"item_type"` // person
	ItemID     int64        `json:"item_id"`   // of the person
	AddedBy    int64        `json:"added_by_user_id"`
	ActiveFlag bool         `json:"active_flag"`
	FileSize   int64        `json:"file_size"` // of the upload, in bytes
	Pictures   PictureLinks `json:"pictures"`
}
