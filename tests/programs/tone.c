/* tests/programs/tone.c: plays half a second of a tone. Prints how many devices there are and how
 * it went; exit code 0 when it was played to its end. */
#include <windows.h>
#include <mmsystem.h>
#include <stdio.h>

enum { RATE = 44100, SAMPLES = RATE / 2, HALF_WAVE = 50, LOUD = 12000, PATIENCE_MS = 20000 };

int wmain(void)
{
    static short samples[SAMPLES];
    WAVEFORMATEX format = {WAVE_FORMAT_PCM, 1, RATE, RATE * 2, 2, 16, 0};
    WAVEHDR head = {.lpData = (char *)samples, .dwBufferLength = sizeof(samples)};
    HANDLE done = CreateEventW(NULL, FALSE, FALSE, NULL);
    HWAVEOUT out;
    MMRESULT result;
    DWORD waited = 0;

    for (int i = 0; i < SAMPLES; i++)
        samples[i] = (short)(i / HALF_WAVE % 2 ? LOUD : -LOUD);
    result = waveOutOpen(&out, WAVE_MAPPER, &format, (DWORD_PTR)done, 0, CALLBACK_EVENT);
    printf("devices %u, open %u\n", waveOutGetNumDevs(), result);
    fflush(stdout);
    if (result)
        return 1;
    if (waveOutPrepareHeader(out, &head, sizeof(head)) || waveOutWrite(out, &head, sizeof(head)))
        return 2;
    while (!(head.dwFlags & WHDR_DONE) && waited < PATIENCE_MS) {
        WaitForSingleObject(done, 100);
        waited += 100;
    }
    printf("played %d\n", (head.dwFlags & WHDR_DONE) != 0);
    if (!(head.dwFlags & WHDR_DONE))
        return 3;
    /* A process that ends with a device open takes its threads away in the middle of their work. */
    return waveOutUnprepareHeader(out, &head, sizeof(head)) || waveOutClose(out) ? 4 : 0;
}
