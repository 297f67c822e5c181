package store

import "modernc.org/sqlite"

// QueueLength is how many writes may wait.
const QueueLength = queueLength

// FailCommits lets SQLite refuse each commit while refuse reports true.
func (db *DB) FailCommits(refuse func() bool) error {
	return db.engine.(*sqliteDB).writer.conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 {
			if refuse() {
				return 1
			}
			return 0
		})
		return nil
	})
}
