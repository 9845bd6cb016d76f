// The part of scripts/check-html that runs in node: BROWSER MODULES SHOTS FILE.html ...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [browserPath, modules, shots, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(resolve(modules, 'package.json')));
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));
const axe = readFileSync(require.resolve('axe-core'), 'utf8');

// What a report is made of. Anything else came out of a name.
const ELEMENTS = new Set(`html head meta title style body main header footer section article h1 h2 h3 p ul ol li dl dt dd
div span strong b bdi code pre table thead tbody tr th td details summary svg defs pattern rect path line circle text
desc`.split(/\s+/));
const ATTRIBUTES = new Set(`lang charset http-equiv content name class id width height viewBox preserveAspectRatio
overflow x y x1 x2 y1 y2 cx cy r d fill patternUnits role aria-hidden aria-labelledby tabindex scope start
open`.split(/\s+/));

const failures = [];
let looks = 0;

function fail(what, why) {
	failures.push(`${what}: ${why}`);
}

// Elements and attributes that the page's own program never writes.
function strangers(page) {
	return page.evaluate((elements, attributes) => {
		const found = [];
		for (const element of document.querySelectorAll('*')) {
			if (!elements.includes(element.localName)) found.push(`<${element.localName}>`);
			for (const { name } of element.attributes) {
				if (!attributes.includes(name)) found.push(`${element.localName}[${name}]`);
			}
		}
		return found;
	}, [...ELEMENTS], [...ATTRIBUTES]);
}

async function violations(page) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
	return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)}`);
}

async function look(browser, file, width, scheme) {
	const what = `${basename(file)} at ${width} pixels, ${scheme}`;
	const url = pathToFileURL(resolve(file)).href;
	const page = await browser.newPage();
	page.on('request', (request) => request.url() === url || fail(what, `asks for ${request.url().slice(0, 100)}`));
	page.on('console', (message) => fail(what, `says ${message.text().slice(0, 200)}`));
	page.on('pageerror', (error) => fail(what, `breaks: ${error.message}`));
	page.on('dialog', (dialog) => { fail(what, 'opens a dialog'); return dialog.dismiss(); });
	await page.setViewport({ width, height: 900 });
	await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
	await page.goto(url);
	const [shown, style, scripts] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		getComputedStyle(document.querySelector('main')).maxWidth,
		document.scripts.length,
	]);
	if (shown > width) fail(what, `is ${shown} pixels wide`);
	if (style !== '940px') fail(what, 'refuses its own style sheet');
	if (scripts > 0) fail(what, 'holds a script');
	for (const why of new Set(await strangers(page))) fail(what, `holds ${why}`);
	const picture = shots && `${shots}/${basename(file, '.html')}-${width}-${scheme}`;
	if (picture) await page.screenshot({ path: `${picture}.png`, fullPage: true });
	for (const why of await violations(page)) fail(what, why);
	await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
	const unfolded = await page.evaluate(() => document.documentElement.scrollWidth);
	if (unfolded > width) fail(what, `is ${unfolded} pixels wide when unfolded`);
	for (const why of await violations(page)) fail(`${what}, unfolded`, why);
	if (picture) await page.screenshot({ path: `${picture}-unfolded.png`, fullPage: true });
	await page.close();
	looks += 1;
}

async function print(browser, file) {
	const page = await browser.newPage();
	await page.goto(pathToFileURL(resolve(file)).href);
	await page.pdf({ path: `${shots}/${basename(file, '.html')}.pdf`, format: 'A4' });
	await page.close();
}

const browser = await puppeteer.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
try {
	for (const file of files) {
		for (const width of [1280, 390]) {
			for (const scheme of ['light', 'dark']) await look(browser, file, width, scheme);
		}
		if (shots) await print(browser, file);
	}
} finally {
	await browser.close();
}
for (const failure of failures) console.error(`check-html: ${failure}`);
console.log(`check-html: ${files.length} pages, ${looks} looks, ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
