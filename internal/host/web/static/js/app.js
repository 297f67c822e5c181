// The one script of every page. An area adds its module here, one line.
import './elements.js';
import './menus.js';
import './inbox.js';
import './inspector.js';
import './records.js';
import './activities.js';
import './board.js';
import './search.js';
import './devhub.js';
import './frame-commands.js';
import './sdk-console.js';
import './panels.js';
import './modals.js';
import './dock.js';
import './floating.js';
import './calls.js';
import {start as startShell} from './shell.js';
import {start as startLive} from './live.js';
import {start as startNotice} from './notice.js';

startShell();
startNotice();
startLive();
document.documentElement.dataset.ready = 'true';
