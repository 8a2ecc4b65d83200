// The few declarations of Windows that the program needs; no SDK.
#pragma once
typedef void* HANDLE;
typedef unsigned long DWORD;
typedef unsigned long long U64;
#define API extern "C" __declspec(dllimport)

struct ExceptionPointers { void* record; unsigned char* context; };
#pragma pack(push, 4)
struct DumpExceptionInformation {
    DWORD thread;
    ExceptionPointers* pointers;
    int client;
};
#pragma pack(pop)

API int CloseHandle(HANDLE);
API HANDLE CreateFileA(const char*, DWORD, DWORD, void*, DWORD, DWORD, HANDLE);
API HANDLE CreateThread(void*, U64, DWORD (*)(void*), void*, DWORD, DWORD*);
API const char* GetCommandLineA();
API HANDLE GetCurrentProcess();
API DWORD GetCurrentProcessId();
API DWORD GetCurrentThreadId();
API int GetModuleHandleExA(DWORD, const char*, U64*);
API HANDLE GetStdHandle(DWORD);
API void RaiseException(DWORD, DWORD, DWORD, const U64*);
API void* RtlLookupFunctionEntry(U64, U64*, void*);
API void* RtlVirtualUnwind(DWORD, U64, U64, void*, void*, void**, U64*, void*);
API void* SetUnhandledExceptionFilter(long (*)(ExceptionPointers*));
API void Sleep(DWORD);
API int TerminateProcess(HANDLE, DWORD);
API int WriteFile(HANDLE, const void*, DWORD, DWORD*, void*);
API int MiniDumpWriteDump(HANDLE, DWORD, HANDLE, DWORD, DumpExceptionInformation*, void*, void*);
