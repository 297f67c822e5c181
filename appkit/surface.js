// The app's end of the messages between an iframe and the CRM around it, with
// the interface of the official App Extensions SDK: the global AppExtensionsSDK
// and, as its static properties, the words of the protocol. Load it with a plain
// <script> before the page's own.
//
//   const sdk = new AppExtensionsSDK();
//   await sdk.initialize({ size: { height: 300 } });
//   await sdk.execute(AppExtensionsSDK.Command.SHOW_SNACKBAR, { message: 'Saved' });
//   const stop = sdk.listen(AppExtensionsSDK.Event.VISIBILITY, ({ data }) => …);
(function () {
  'use strict';

  const Command = {
    SHOW_SNACKBAR: 'show_snackbar',
    SHOW_CONFIRMATION: 'show_confirmation',
    RESIZE: 'resize',
    INITIALIZE: 'initialize',
    OPEN_MODAL: 'open_modal',
    CLOSE_MODAL: 'close_modal',
    GET_SIGNED_TOKEN: 'get_signed_token',
    REDIRECT_TO: 'redirect_to',
    SHOW_FLOATING_WINDOW: 'show_floating_window',
    HIDE_FLOATING_WINDOW: 'hide_floating_window',
    SET_NOTIFICATION: 'set_notification',
    SET_FOCUS_MODE: 'set_focus_mode',
    GET_METADATA: 'get_metadata',
  };

  const Event = {
    VISIBILITY: 'visibility',
    CLOSE_CUSTOM_MODAL: 'close_custom_modal',
    PAGE_VISIBILITY_STATE: 'page_visibility_state',
    USER_SETTINGS_CHANGE: 'user_settings_change',
  };

  const MessageType = { COMMAND: 'command', LISTENER: 'listener', TRACK: 'track' };
  const TrackingEvent = { FOCUSED: 'focused' };
  const Color = { PRIMARY: 'primary', SECONDARY: 'secondary', NEGATIVE: 'negative' };

  const Modal = {
    DEAL: 'deal',
    ORGANIZATION: 'organization',
    PERSON: 'person',
    ACTIVITY: 'activity',
    JSON_MODAL: 'json_modal',
    CUSTOM_MODAL: 'custom_modal',
  };

  const ModalStatus = { CLOSED: 'closed', SUBMITTED: 'submitted' };

  const View = {
    DEALS: 'deals',
    LEADS: 'leads',
    ORGANIZATIONS: 'organizations',
    CONTACTS: 'contacts',
    CAMPAIGNS: 'campaigns',
    PROJECTS: 'projects',
    SETTINGS: 'settings',
  };

  const VisibilityEventInvoker = { USER: 'user', COMMAND: 'command' };

  const commands = Object.values(Command);
  const events = Object.values(Event);

  // The host is whoever frames the page; an app cannot know its origin before.
  const anyOrigin = '*';

  class AppExtensionsSDK {
    #identifier;
    #host;
    #initialized = false;

    /**
     * @param {{ identifier?: string, targetWindow?: Window }} [options] identifier
     *   names this loading of the iframe, and is the id of its address by default;
     *   targetWindow is the window to speak to, by default the one around the iframe
     */
    constructor({ identifier, targetWindow } = {}) {
      const query = new URLSearchParams(window.location.search);
      this.#identifier = identifier ?? query.get('id') ?? '';
      if (!this.#identifier) {
        throw new Error('Missing custom UI identifier');
      }
      this.#host = targetWindow ?? window.parent;
      /** What the user has set: theme is 'dark' or 'light'. */
      this.userSettings = { theme: query.get('theme') === 'dark' ? 'dark' : 'light' };
      this.#tellFocus();
    }

    /**
     * Shows the surface, in a size in pixels if it is given. The host waits ten
     * seconds for it.
     * @param {{ size?: { height?: number, width?: number } }} [options]
     */
    async initialize(options = {}) {
      await this.#ask(Command.INITIALIZE, options);
      this.#initialized = true;
      return this;
    }

    /**
     * Asks the host for something and promises its answer. It throws before
     * initialize is through, and for what is no command.
     * @param {string} command one of AppExtensionsSDK.Command
     * @param {unknown} [args]
     */
    execute(command, args) {
      if (!this.#initialized) {
        throw new Error('SDK is not initialized');
      }
      if (!commands.includes(command)) {
        throw new Error('Invalid command');
      }
      return this.#ask(command, args);
    }

    /**
     * Calls back with each { data, error } of an event, until the function that it
     * returns is called. It may come before initialize.
     * @param {string} event one of AppExtensionsSDK.Event
     * @param {(push: any) => void} onEvent
     * @returns {() => void}
     */
    listen(event, onEvent) {
      if (!events.includes(event)) {
        throw new Error('Invalid event');
      }
      if (event === Event.PAGE_VISIBILITY_STATE) {
        return this.#listenToPage(onEvent);
      }
      const { port1: port, port2: theirs } = new MessageChannel();
      port.onmessage = ({ data: push }) => {
        if (push.error) {
          port.close(); // the host's last word
        }
        onEvent(push);
        if (event === Event.USER_SETTINGS_CHANGE) {
          this.userSettings = push;
        }
      };
      this.#post({ type: MessageType.LISTENER, event }, [theirs]);
      return () => port.close();
    }

    /**
     * Changes the window to speak to.
     * @param {Window} targetWindow
     */
    setWindow(targetWindow) {
      this.#host = targetWindow;
    }

    /**
     * Sends a command with a port, on which one answer comes. There is no timeout:
     * a confirmation takes as long as the user does.
     * @param {string} command
     * @param {unknown} args
     * @returns {Promise<any>}
     */
    #ask(command, args) {
      return new Promise((resolve, reject) => {
        const { port1: port, port2: theirs } = new MessageChannel();
        port.onmessage = ({ data: reply }) => {
          port.close();
          if (reply.error) {
            reject(new Error(reply.error));
          } else {
            resolve(reply.data);
          }
        };
        this.#post({ command, args, type: MessageType.COMMAND }, [theirs]);
      });
    }

    /**
     * @param {object} payload
     * @param {MessagePort[]} ports
     */
    #post(payload, ports) {
      this.#host.postMessage({ payload, id: this.#identifier }, anyOrigin, ports);
    }

    /** Tells the host once for each time that the iframe has the focus. */
    #tellFocus() {
      let told = false;
      window.addEventListener('focus', () => {
        if (!told) {
          told = true;
          this.#post({ type: MessageType.TRACK, event: TrackingEvent.FOCUSED }, []);
        }
      });
      window.addEventListener('blur', () => {
        told = false;
      });
    }

    /**
     * Makes the one event that the host does not send.
     * @param {(push: { data: { state: DocumentVisibilityState } }) => void} onEvent
     */
    #listenToPage(onEvent) {
      const tell = () => onEvent({ data: { state: document.visibilityState } });
      document.addEventListener('visibilitychange', tell);
      return () => document.removeEventListener('visibilitychange', tell);
    }
  }

  Object.assign(AppExtensionsSDK, {
    Command,
    Event,
    MessageType,
    TrackingEvent,
    Color,
    Modal,
    ModalStatus,
    View,
    VisibilityEventInvoker,
  });

  Object.assign(globalThis, { AppExtensionsSDK });
})();
