import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable, type OnModuleInit } from '@nestjs/common';

/** Where the build puts what browsers load. */
export const webDirectory = fileURLToPath(new URL('../web/', import.meta.url));

/** The HTML of the pages, read once at boot. */
@Injectable()
export class WebsitePages implements OnModuleInit {
  private homePage = '';
  private authPage = '';

  async onModuleInit(): Promise<void> {
    [this.homePage, this.authPage] = await Promise.all([
      readFile(join(webDirectory, 'home.html'), 'utf8'),
      readFile(join(webDirectory, 'auth.html'), 'utf8'),
    ]);
  }

  /** The page of a signed-in person. */
  get home(): string {
    return this.homePage;
  }

  /** The sign-in and sign-up page. */
  get auth(): string {
    return this.authPage;
  }
}
