"use strict";

const { watchParent } = require("./lifeline.cjs");

/**
 * Has a process of dynamic providers end with its engine, from its first moment. Calls under way are finished first, so
 * that nothing is left half made. To be used before the server is made.
 *
 * @param {typeof import("@grpc/grpc-js")} grpc the copy that the process serves with
 * @param {string} engineAddress
 */
function endWithEngine(grpc, engineAddress) {
  let calls = 0;
  let orphaned = false;
  const endIfIdle = () => {
    if (orphaned && calls === 0) process.exit(1);
  };

  /** @param {Function} handler */
  const counted = (handler) =>
    /** @param {unknown} call @param {((...answer: unknown[]) => void) | undefined} respond */
    function (call, respond) {
      // Streams have no answer to wait for.
      if (typeof respond !== "function") return handler(call);
      let over = false;
      const end = () => {
        if (!over) calls -= 1;
        over = true;
        endIfIdle();
      };
      calls += 1;
      const returned = handler(call, (/** @type {unknown[]} */ ...answer) => {
        respond(...answer);
        end();
      });
      // One that fails without an answer is over as well; its error stays what it is.
      returned?.catch?.((/** @type {unknown} */ error) => {
        end();
        throw error;
      });
      return returned;
    };

  const prototype = /** @type {any} */ (grpc.Server.prototype);
  const addService = prototype.addService;
  /** @param {unknown} service @param {Record<string, unknown>} handlers an instance of a class, it may be */
  prototype.addService = function (service, handlers) {
    const watched = new Proxy(handlers, {
      get: (target, name) => {
        const handler = Reflect.get(target, name);
        return typeof handler === "function" ? counted(handler.bind(target)) : handler;
      },
    });
    return addService.call(this, service, watched);
  };
  watchParent(() => {
    orphaned = true;
    endIfIdle();
  }, engineAddress);
}

module.exports = { endWithEngine };
