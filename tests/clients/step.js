// What every Node client here is driven with.
'use strict'
const assert = require('node:assert/strict')

/** Does one piece of work and prints what it was; a failure names it and goes on up. */
async function step (what, work) {
  try {
    await work()
  } catch (error) {
    console.error(`not: ${what}`)
    throw error
  }
  console.log(what)
}

/** The reply of a call that must have succeeded. */
async function done (call) {
  const reply = await call
  assert.equal(reply.result, 'success', JSON.stringify(reply))
  return reply
}

/** Runs a whole life; the process fails with it. */
function live (life) {
  life().catch(error => {
    console.error(error)
    process.exit(1)
  })
}

module.exports = { step, done, live }
