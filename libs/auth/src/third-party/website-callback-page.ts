import { Injectable } from '@nestjs/common';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';

/** Answers with the page that people come back to in the flow of the frontend SDKs (contract §6). */
export type SendCallbackPage = (request: HttpRequest, response: HttpResponse) => void | Promise<void>;

/**
 * The website's callback page, where the app has the library's pages and they are below the API's base path. One address is
 * both flows' way back then, and routers differ in what they make of two routes with one path.
 */
@Injectable()
export class WebsiteCallbackPage {
  send: SendCallbackPage | undefined;
}
