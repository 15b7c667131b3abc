// The package has types for this class but does not export it from its entry point; its README tells stores to extend it. Its place
// may change with any minor version, so that package.json takes patches only.
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import { RateLimiterStoreAbstract } from 'rate-limiter-flexible';

  export default RateLimiterStoreAbstract;
}
