import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong on the page, one line for each rule; WCAG 2.2 AA and axe's best practices. */
export async function findAccessibilityViolations(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const results: AxeResults = await page.evaluate(
    `(() => { ${await axe}; return axe.run(document, { runOnly: ${JSON.stringify(tags)} }); })()`,
  );
  if (results.passes.length === 0) {
    throw new Error('axe-core looked at nothing');
  }
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
