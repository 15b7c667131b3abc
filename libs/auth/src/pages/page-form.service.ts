import { Inject, Injectable } from '@nestjs/common';
import { AuthException, GeneralErrorException } from '../http/auth.exception.js';
import type { FormFieldError } from '../http/form-fields.js';
import { setHeader } from '../http/http-response.js';
import { TooManyRequestsException } from '../rate-limits/too-many-requests.exception.js';
import { translateMessage } from './auth-pages.options.js';
import { FORM_TOKEN_FIELD, FormTokenService } from './form-token.service.js';
import { html } from './html.js';
import { readPostedForm, type PostedForm } from './page-form.js';
import { PageRenderer, type PageExchange } from './page-renderer.service.js';
import type { FieldMessage, FormView } from './page-templates.js';
import { fill } from './texts/page-texts.js';

/** What is wrong with a form that was sent, and the status of the answer that says so. */
export interface FormFailure {
  readonly status: number;
  readonly fieldErrors?: readonly FieldMessage[];
  readonly message?: string;
}

/** How a form differs from an empty one. */
export interface FormOptions {
  /** Fields that the person does not see. */
  readonly hidden?: Readonly<Record<string, string | undefined>>;
  readonly values?: Readonly<Record<string, string>>;
  readonly failure?: FormFailure | undefined;
}

/** A form that a browser has posted. */
export type ReceivedForm =
  | { readonly status: 'OK'; readonly form: PostedForm }
  /** It does not come from the page: what it asks for must not be done. Of another site's form nothing is told. */
  | { readonly status: 'REFUSED'; readonly form: PostedForm; readonly failure: FormFailure };

/** Makes forms, and takes them back. */
@Injectable()
export class PageFormService {
  constructor(
    @Inject(FormTokenService) private readonly tokens: FormTokenService,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
  ) {}

  /** A form for a page. @param action where it is posted to. */
  create({ request, response }: PageExchange, action: string, options: FormOptions = {}): FormView {
    const { hidden = {}, values = {}, failure } = options;
    const fields: (readonly [string, string | undefined])[] = [
      [FORM_TOKEN_FIELD, this.tokens.create(request, response)],
      ...Object.entries(hidden),
    ];
    return {
      action,
      hidden: html`${fields.map(
        ([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}" />`,
      )}`,
      values,
      fieldErrors: failure?.fieldErrors ?? [],
      message: failure?.message,
    };
  }

  /** Takes a form. @throws BadInputException if the body is no form. */
  receive({ request }: PageExchange, body: unknown): ReceivedForm {
    const form = readPostedForm(request, body);
    if (this.tokens.isGenuine(request, form)) {
      return { status: 'OK', form };
    }
    const { texts } = this.renderer.getLanguage(request);
    const told: PostedForm = this.tokens.isSurelyFromWebsite(request) ? form : new Map();
    return { status: 'REFUSED', form: told, failure: { status: 403, message: texts.common.formExpired } };
  }

  /**
   * Says what validators have found. A field that the form does not have is told about above it.
   * @param ids of the form's fields, in their order.
   * @param missing what to say of fields that are empty, by their ids.
   */
  explainFields(
    { request }: PageExchange,
    errors: readonly FormFieldError[],
    ids: readonly string[],
    missing: (id: string) => string,
  ): FormFailure {
    const language = this.renderer.getLanguage(request);
    const messages = errors.map(({ id, error }) => ({
      id,
      message: error === EMPTY_FIELD ? missing(id) : translateMessage(language, error),
    }));
    const elsewhere = messages.filter(({ id }) => !ids.includes(id)).map(({ message }) => message);
    return {
      status: 422,
      // In the order in which a person goes through the form.
      fieldErrors: messages.filter(({ id }) => ids.includes(id)).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)),
      ...(elsewhere.length === 0 ? {} : { message: elsewhere.join(' ') }),
    };
  }

  /** Says what a hook has answered. */
  explainRefusal({ request }: PageExchange, message: string): FormFailure {
    return { status: 403, message: translateMessage(this.renderer.getLanguage(request), message) };
  }

  /** Says why something was not done, if it is for the person to know. @throws any other error. */
  explainException(exchange: PageExchange, error: unknown): FormFailure {
    const { texts } = this.renderer.getLanguage(exchange.request);
    if (error instanceof TooManyRequestsException) {
      setHeader(exchange.response, 'retry-after', String(error.retryAfterSeconds));
      const minutes = String(Math.ceil(error.retryAfterSeconds / 60));
      return { status: 429, message: fill(texts.common.tooManyAttempts, { minutes }) };
    }
    if (error instanceof GeneralErrorException) {
      return this.explainRefusal(exchange, error.message);
    }
    if (error instanceof AuthException && error.statusCode === 400) {
      return { status: 400, message: texts.error.general };
    }
    throw error;
  }
}

/** What a field is refused with that is not there (contract §5). */
const EMPTY_FIELD = 'Field is not optional';
