// A worker that ticks: it is told the milliseconds once, and says so each time they are over.
onmessage = ({data}) => setInterval(() => postMessage(0), data);
