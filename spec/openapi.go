package spec

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed openapi/*.yaml openapi/paths/*.yaml openapi/schemas/*.yaml
var openAPI embed.FS

const securitySchemes = `components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    apiToken: {type: apiKey, in: header, name: x-api-token}
`

// OpenAPI is the description of the REST endpoints, as YAML: openapi/head.yaml,
// then every file of openapi/paths below "paths:" and every file of
// openapi/schemas below "components: schemas:". The files carry the indentation
// of their place, so that the whole is put together as text.
func OpenAPI() ([]byte, error) {
	head, err := openAPI.ReadFile("openapi/head.yaml")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Write(head)
	b.WriteString("paths:\n")
	if err := join(&b, "openapi/paths"); err != nil {
		return nil, err
	}
	b.WriteString(securitySchemes + "  schemas:\n")
	if err := join(&b, "openapi/schemas"); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

func join(b *strings.Builder, dir string) error {
	files, err := fs.ReadDir(openAPI, dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		raw, err := openAPI.ReadFile(dir + "/" + f.Name())
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n", strings.TrimRight(string(raw), "\n"))
	}
	return nil
}
