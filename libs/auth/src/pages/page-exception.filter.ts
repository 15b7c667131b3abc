import { Catch, HttpException, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthException } from '../http/auth.exception.js';
import type { HttpRequest } from '../http/http-request.js';
import { setHeader, type HttpResponse } from '../http/http-response.js';
import { describeStorageUnavailable, STORAGE_RETRY_AFTER } from '../http/storage-unavailable.filter.js';
import { TooManyRequestsException } from '../rate-limits/too-many-requests.exception.js';
import { StorageUnavailableError } from '../storage/storage-unavailable.error.js';
import { PageRenderer } from './page-renderer.service.js';

/** Answers with a page where a page cannot be shown. What went wrong is for the log, and not for the person. */
@Catch()
export class PageExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(PageExceptionFilter.name);

  constructor(
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<HttpRequest>(), http.getResponse<HttpResponse>()];
    const status = getStatus(exception);
    if (exception instanceof StorageUnavailableError) {
      this.logger.error(describeStorageUnavailable(exception));
    } else if (status >= 500) {
      this.logger.error(exception instanceof Error ? (exception.stack ?? exception.message) : String(exception));
    }
    if (this.adapterHost.httpAdapter.isHeadersSent(response)) {
      return;
    }
    if (exception instanceof TooManyRequestsException) {
      setHeader(response, 'retry-after', String(exception.retryAfterSeconds));
    }
    if (exception instanceof StorageUnavailableError) {
      setHeader(response, 'retry-after', STORAGE_RETRY_AFTER);
    }
    const { error } = this.renderer.getLanguage(request).texts;
    const view =
      status === 404
        ? { heading: error.notFoundHeading, message: error.notFound }
        : { heading: error.heading, message: status === 503 || status === 429 ? error.unavailable : error.general };
    this.renderer.send({ request, response }, 'error', view, { status });
  }
}

function getStatus(exception: unknown): number {
  if (exception instanceof HttpException) {
    return exception.getStatus();
  }
  if (exception instanceof AuthException) {
    // A hook's message for the person has the status of an answer that went well.
    return exception.statusCode < 400 ? 403 : exception.statusCode;
  }
  return exception instanceof StorageUnavailableError ? 503 : 500;
}
