import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { Injectable } from '@nestjs/common';

/** A file that browsers load, as it is and compressed. */
export interface PageAsset {
  readonly contentType: string;
  readonly content: Buffer;
  readonly brotli: Buffer;
}

/** Where the library's build puts them: below `dist`, which is beside the sources too. */
const DIRECTORY = new URL('../../dist/pages/assets/', import.meta.url);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The script and the style sheet of the pages. Their names have the hash of their content, so they never change. */
@Injectable()
export class PageAssets {
  /** The names of the files that a page names itself. */
  readonly script: string;
  readonly style: string;
  private readonly files: ReadonlyMap<string, { readonly contentType: string; readonly content: Buffer }>;
  private readonly compressed = new Map<string, PageAsset>();

  constructor() {
    const manifest = JSON.parse(readFileSync(new URL('manifest.json', DIRECTORY), 'utf8')) as Record<
      'script' | 'style',
      string
    >;
    this.script = manifest.script;
    this.style = manifest.style;
    this.files = new Map(
      readdirSync(DIRECTORY).flatMap((name) => {
        const contentType = CONTENT_TYPES[/\.\w+$/.exec(name)?.[0] ?? ''];
        return contentType === undefined
          ? []
          : [[name, { contentType, content: readFileSync(new URL(name, DIRECTORY)) }]];
      }),
    );
  }

  /** The names of all files. */
  get names(): string[] {
    return [...this.files.keys()];
  }

  /** Finds a file by its name. It is compressed once, when it is asked for first. */
  find(name: string): PageAsset | undefined {
    const known = this.compressed.get(name);
    const file = this.files.get(name);
    if (known !== undefined || file === undefined) {
      return known;
    }
    const brotli = brotliCompressSync(file.content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    const asset = { ...file, brotli };
    this.compressed.set(name, asset);
    return asset;
  }
}
