import { Controller, Get, Inject, NotFoundException, Param, Req, Res, StreamableFile } from '@nestjs/common';
import { getHeader, type HttpRequest } from '../../http/http-request.js';
import { appendToHeader, setHeader, type HttpResponse } from '../../http/http-response.js';
import { Public } from '../../session/public.decorator.js';
import { PageAssets } from '../page-assets.js';

/** The script and the style sheet of the pages, which browsers keep for good: a new content has a new name. */
@Public()
@Controller()
export class PageAssetsController {
  constructor(@Inject(PageAssets) private readonly assets: PageAssets) {}

  @Get('assets/:name')
  find(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Param('name') name: string,
  ): StreamableFile {
    const asset = this.assets.find(name);
    if (asset === undefined) {
      throw new NotFoundException();
    }
    const takesBrotli = /(?:^|[\s,])br(?:$|[\s,;])(?!\s*q=0(?:\.0*)?(?:$|[\s,]))/.test(
      getHeader(request, 'accept-encoding') ?? '',
    );
    setHeader(response, 'cache-control', 'public, max-age=31536000, immutable');
    setHeader(response, 'x-content-type-options', 'nosniff');
    setHeader(response, 'cross-origin-resource-policy', 'same-origin');
    appendToHeader(response, 'vary', ['accept-encoding']);
    if (takesBrotli) {
      setHeader(response, 'content-encoding', 'br');
    }
    const content = takesBrotli ? asset.brotli : asset.content;
    return new StreamableFile(content, { type: asset.contentType, length: content.length });
  }
}
