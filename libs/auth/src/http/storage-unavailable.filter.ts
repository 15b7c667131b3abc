import { Catch, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { StorageUnavailableError } from '../storage/storage-unavailable.error.js';
import { setHeader, type HttpResponse } from './http-response.js';

/** When a client may try again, in seconds. */
const RETRY_AFTER = '1';

/**
 * Answers 503 with `Retry-After` where the database was needed and is not available. No token is cleared: the session is
 * as good as before.
 */
@Catch(StorageUnavailableError)
export class StorageUnavailableFilter implements ExceptionFilter<StorageUnavailableError> {
  private readonly logger = new Logger(StorageUnavailableFilter.name);

  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(error: StorageUnavailableError, host: ArgumentsHost): void {
    this.logger.error(`${error.message}: ${error.cause instanceof Error ? error.cause.message : 'no details'}`);
    if (host.getType() !== 'http') {
      throw error;
    }
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { httpAdapter } = this.adapterHost;
    if (!httpAdapter.isHeadersSent(response)) {
      setHeader(response, 'retry-after', RETRY_AFTER);
      httpAdapter.reply(response, { message: 'The service is not available; try again in a moment' }, 503);
    }
  }
}
