package store

import "embed"

//go:embed schema/*.sql
var schemaFS embed.FS

// own are the tables that store itself brings to each database.
var own = Migrations{Room: "store", FS: schemaFS}

// NextID returns a new id for a thing of this kind in the transaction's company.
// Ids begin at 1 in each company, rise by one, and are never given out twice.
func (tx *Tx) NextID(kind string) (int64, error) {
	return One(tx, Value[int64], `INSERT INTO counter (company_id, kind, last_id) VALUES (@company, ?, 1)
		ON CONFLICT (company_id, kind) DO UPDATE SET last_id = counter.last_id + 1 RETURNING last_id`, kind)
}
