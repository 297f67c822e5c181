// Runs the steps of a tour and writes a line of JSON for each: {"step", "ok",
// "why"}. A step that fails does not hold up those after it, unless they need what
// it should have made.
'use strict'
const assert = require('node:assert/strict')

async function run(steps) {
  for (const [step, fn] of steps) {
    let why = ''
    try {
      await fn()
    } catch (err) {
      why = describe(err)
    }
    console.log(JSON.stringify({ step, ok: why === '', why }))
  }
}

// describe says what went wrong; clients reject with errors, with bodies, or with
// errors that carry a response.
function describe(err) {
  if (err === undefined || err === null) return 'rejected without a reason'
  const body = err.context?.text ?? (err instanceof Error ? '' : JSON.stringify(err))
  return [err.stack ?? err.message ?? '', body].join(' ').trim() || String(err)
}

// refused runs fn, which the host has to refuse, and returns what it was told.
async function refused(fn) {
  try {
    await fn()
  } catch (err) {
    return err
  }
  assert.fail('expected a refusal')
}

module.exports = { run, refused, assert }
