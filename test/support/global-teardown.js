/**
 * Stops the PostgreSQL that global-setup.js has started.
 *
 * @returns {Promise<void>}
 */
export default async function tearDown() {
  await /** @type {{ nestwardTestPostgres?: { stop(): Promise<void> } }} */ (globalThis).nestwardTestPostgres?.stop();
}
