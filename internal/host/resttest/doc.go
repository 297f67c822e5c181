// Package resttest holds the tests of the REST endpoints, as an app sees them: a
// whole host, real HTTP, bytes.
//
// Start one with newStreet and call it with [street.do]. Every answer is checked
// three times: its status, its form against the OpenAPI description that the
// host serves (spec/openapi), and its key names and types against the sample
// exchange of the operation (spec/exchanges), whose source is not this project's
// code. At the end of a whole run, every operation of the route tables must have
// been called with success, and must have a description and a sample; a new route
// fails the run until it has all three.
package resttest
